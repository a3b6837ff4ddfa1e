"""A TimeDistributed around a model, as a model of layers that are each called at every step.

The same function, as long as several tensors are only merged value by value, or joined: what one
layer gives at a step is what the next one takes there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

from exporters.keras_applications import without_weighted_sums
from exporters.keras_call import History, Inbound, histories, inbound
from exporters.keras_classes import is_operation
from exporters.keras_sequential import input_shape
from exporters.operations.operation import OF_TENSORFLOW, tensorflow_call
from layers.diagnostics import GraphError

MODELS = ("Sequential", "Functional", "Model")
MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")
"""Layers that compute the same of tensors with one axis more."""
OPERATIONS = (
    *("Absolute", "Add", "Divide", "Exp", "HardSigmoid", "HardSilu", "Maximum", "Minimum"),
    *("Multiply", "Negative", "Relu", "Relu6", "Sigmoid", "Silu", "Square", "Subtract"),
    *("Tanh", "TrueDivide", "__operators__.add", "math.add", "math.multiply", "math.sigmoid"),
    *("math.subtract", "math.tanh", "math.truediv", "nn.relu", "nn.relu6", "nn.silu", "nn.swish"),
)
"""Operations on each value, by class in Keras 3 and by function in tf.keras."""
RECURRENT = ("Bidirectional", "ConvLSTM1D", "ConvLSTM2D", "GRU", "LSTM", "RNN", "SimpleRNN")

Item: TypeAlias = dict[str, Any]


def over_time(config: Item) -> Item | None:
    """A model that computes what a TimeDistributed with this configuration does, as an object of a
    file; None where it is around none that can be taken apart.
    """
    inner = config.get("layer")
    if not isinstance(inner, dict) or inner.get("class_name") not in MODELS:
        return None
    own: Any = inner.get("config")
    own = own if isinstance(own, dict) else {"layers": own}
    layers = own.get("layers")
    if not isinstance(layers, list) or not all(_is_layer(item) for item in layers):
        return None
    trains, made = config.get("trainable", True), {"name": config.get("name")}
    if inner["class_name"] == "Sequential" or _is_chain(own, layers):
        chain = [
            _at_each_step({key: item[key] for key in item if key != "inbound_nodes"}, trains)
            for item in layers
            if item.get("class_name") != "InputLayer"
        ]
        made["layers"] = chain
        return {"class_name": "Sequential", "config": made} if chain else None
    try:
        inputs, outputs = (histories(own.get(f"{end}_layers")) for end in ("input", "output"))
        if len(inputs) != 1 or len(outputs) != 1:
            return None
        plain = without_weighted_sums(own)["layers"]
        made["layers"] = _Steps(config, inputs[0], trains).of(plain)
    except (GraphError, _OtherwiseOverTime):
        return None
    ends = {key: own[key] for key in ("input_layers", "output_layers")}
    return {"class_name": "Functional", "config": {**made, **ends}}


class _OtherwiseOverTime(Exception):
    """What does not compute the same with one axis more."""


class _Steps:
    """The layers of a model with branches while they are taken apart, and the ranks of what they
    give (without time) as far as they are known.
    """

    def __init__(self, config: Item, start: History, trains: Any) -> None:
        self.start, self.trains = start, trains
        built = config.get("build_config")
        shape = built.get("input_shape") if isinstance(built, dict) else None
        self.steps = shape[1] if isinstance(shape, list) and len(shape) > 1 else None
        self.ranks: dict[tuple[str, int], int | None] = {}

    def of(self, layers: list[Item]) -> list[Item]:
        """The layers, as they stand over time. Raises GraphError, _OtherwiseOverTime."""
        return [self._input(item) if _is_input(item) else self._layer(item) for item in layers]

    def _input(self, item: Item) -> Item:
        name, shape = _name(item), input_shape(item)
        if name != self.start[0]:
            raise _OtherwiseOverTime
        config: Item = {"name": name}
        if isinstance(shape, list):
            self.ranks[name, 0] = len(shape)
            config["batch_shape"] = [None, self.steps, *shape[1:]]
        return {"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []}

    def _layer(self, item: Item) -> Item:
        name, kind, calls = _name(item), str(item.get("class_name")), _calls(item)
        ranks = [{self.ranks.get(tensor[:2]) for tensor in call.tensors} for call in calls]
        for number, known in enumerate(ranks):
            self.ranks[name, number] = _rank(item, next(iter(known), None))
        is_one = all(len(call.tensors) == 1 for call in calls)
        are_alike = all(len(known) == 1 and None not in known for known in ranks)
        config = item["config"] if isinstance(item.get("config"), dict) else {}
        function = config.get("function") if kind in OF_TENSORFLOW else kind
        if not calls or not (is_one or are_alike):
            raise _OtherwiseOverTime
        if is_operation(item) or kind in OF_TENSORFLOW:
            if function not in OPERATIONS:
                raise _OtherwiseOverTime
            return item
        if kind in MERGES:
            axis = config.get("axis")
            later = {"axis": axis + 1} if type(axis) is int and axis > 0 else {}
            return {**item, "config": {**config, **later}}
        if not is_one:
            raise _OtherwiseOverTime
        alone = {key: item[key] for key in item if key != "inbound_nodes"}
        made = _at_each_step(alone, self.trains)
        return {**made, "name": name, "inbound_nodes": item["inbound_nodes"]}


def _at_each_step(item: Item, trains: Any) -> Item:
    """A layer of the model, called at every step."""
    config = {"name": _name(item), "trainable": trains, "layer": item}
    return {"class_name": "TimeDistributed", "config": config}


def _rank(item: Item, given: int | None) -> int | None:
    """How many axes a layer's output has, where its input has so many."""
    kind, config = str(item.get("class_name")), item.get("config")
    config = config if isinstance(config, dict) else {}
    if kind in MODELS or kind in RECURRENT or given is None:
        return None
    if kind == "Flatten":
        return 2
    if kind.startswith("Global"):
        return given if config.get("keepdims") else 2
    if kind == "Reshape":
        shape = config.get("target_shape")
        return 1 + len(shape) if isinstance(shape, list) else None
    return given + 1 if kind in ("Embedding", "RepeatVector") else given


def _is_chain(config: Item, layers: list[Item]) -> bool:
    """Whether each layer is called once, on the one before alone, and the last is the output."""
    if not layers or not _is_input(layers[0]):
        return False
    try:
        for before, item in pairwise(layers):
            calls = _calls(item)
            if len(calls) != 1 or calls[0].tensors != [(_name(before), 0, 0)]:
                return False
    except (GraphError, _OtherwiseOverTime):
        return False
    name = _name(layers[-1])
    return config.get("output_layers") in ([name, 0, 0], [[name, 0, 0]])


def _calls(item: Item) -> list[Inbound]:
    """The calls of a layer, on nothing but tensors. Raises GraphError, _OtherwiseOverTime."""
    calls, kind = item.get("inbound_nodes"), item.get("class_name")
    made: list[Inbound] = []
    for call in calls if isinstance(calls, list) else []:
        if kind in OF_TENSORFLOW:
            made.append(tensorflow_call(call))
            continue
        found = inbound(call, is_known=True)
        is_plain = is_operation(item) or not found.extras.keys() - {"training"}
        if found.masks or not found.tensors or not is_plain:
            raise _OtherwiseOverTime
        made.append(found)
    return made


def _is_layer(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("class_name"), str)


def _is_input(item: Item) -> bool:
    return item.get("class_name") == "InputLayer"


def _name(item: Item) -> str:
    config = item.get("config")
    own = config.get("name") if isinstance(config, dict) else None
    return str(item.get("name") or own or item.get("class_name"))

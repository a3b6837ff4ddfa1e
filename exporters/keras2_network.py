"""Networks as Keras 2 spells them: what ``model.to_json()`` of tf.keras 2.15 gives, and what
Keras 3 reads from HDF5 files. Made from the configuration of Keras 3, of which it is an older
spelling.

What Keras 2 does not have is named by :func:`obstacles`; https://keras.io/2.16/api/ lists what it
has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporters.formats.keras_json import InnerModel, configuration
from exporters.keras_config import OWN_NAMES
from exporters.keras_twins import recounted, twice
from exporters.nested_plan import MODEL
from exporters.plan import Call, plan
from layers.analysis import analyse
from layers.blocks import expand
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import Graph
from layers.layer import LAYERS, Layer

VERSION = "2.15.0"

ABSENT_LAYER = Problem(
    "keras2.layer",
    "{name}: Keras 2 has no {kind}.",
    "Export it for Keras 3, or replace the layer.",
)
ABSENT_VALUE = Problem(
    "keras2.value",
    "{name}: Keras 2 has no {kind} with {key}={value}.",
    "Export it for Keras 3, or set another value.",
)
OTHER_VALUE = Problem(
    "keras2.hard_sigmoid",
    "{name}: hard_sigmoid of Keras 2 is steeper than that of Keras 3, so results differ a little.",
    "Choose sigmoid, or export it for Keras 3.",
    severity="warning",
)

OTHER_LAYER = Problem(
    "keras2.differs",
    "{name}: {kind} of Keras 2 does otherwise with images that are smaller than its output.",
    "Check that images are large enough.",
    severity="warning",
)
UNREADABLE = Problem(
    "keras_h5.axes",
    "{name}: Keras 3 misreads a Normalization over several axes from an HDF5 file.",
    "Export it as .keras.",
)

ABSENT = frozenset(
    {
        *(f"Adaptive{how}Pooling{n}D" for how in ("Average", "Max") for n in (1, 2, 3)),
        *("GroupQueryAttention", "ReversibleEmbedding", "RMSNormalization"),
        *("STFTSpectrogram", "MelSpectrogram", "SpectralNormalization"),
        *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"),
        *("RandAugment", "RandomColorDegeneration", "RandomColorJitter", "RandomElasticTransform"),
        *("RandomErasing", "RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert"),
        *("RandomPerspective", "RandomPosterization", "RandomSaturation", "RandomSharpness"),
        *("RandomShear", "Solarization"),
    }
)
"""Layers of Keras 3 that tf.keras 2.15 lacks, or cannot read back."""
BUILT_IN = frozenset({"LocallyConnected1D", "LocallyConnected2D", "ThresholdedReLU"})
"""What Keras 3 has no more, and ours bring along."""
DIFFERENT = frozenset({"RandomCrop"})
ENCODINGS = frozenset({"CategoryEncoding", "Discretization"})
"""They want two axes in Keras 2 where they give vectors."""
NEW_PARAMS: Mapping[str, frozenset[str]] = {
    "MultiHeadAttention": frozenset({"use_gate", "sliding_window", "flash_attention", "seed"}),
    "RandomContrast": frozenset({"value_range"}),
    "ConvLSTM1D": frozenset({"seed"}),
    "ConvLSTM2D": frozenset({"seed"}),
    "ConvLSTM3D": frozenset({"seed"}),
    "SimpleRNN": frozenset({"seed"}),
    "Resizing": frozenset({"pad_to_aspect_ratio", "fill_mode", "fill_value", "antialias"}),
}
"""Parameters that came with Keras 3; those at their defaults are left out."""
MISREAD = frozenset({("Attention", "score_mode")})
"""Keras 3 takes this text in an HDF5 file for the function of the same name."""
RENAMED: Mapping[str, Mapping[str, str]] = {"LeakyReLU": {"negative_slope": "alpha"}}
ACTIVATIONS = frozenset(
    {
        *("elu", "exponential", "gelu", "hard_sigmoid", "linear", "mish", "relu", "selu"),
        *("sigmoid", "silu", "softmax", "softplus", "softsign", "swish", "tanh"),
    }
)
SPELT = {"silu": "swish"}


def keras2_configuration(graph: Graph, *, for_keras_3: bool = False) -> dict[str, Any]:
    """A network as a Functional model of Keras 2. Raises GraphError.

    Args:
        graph: the network; what only Keras 3 has stays where it says something.
        for_keras_3: spell calls on several arguments so that Keras 3 understands them; it takes
            everything else from either.
    """
    return _model(configuration(graph)["config"], for_keras_3)


def _model(config: dict[str, Any], for_keras_3: bool) -> dict[str, Any]:
    """A model from its configuration for Keras 3."""
    inside = {item["name"] for item in config["layers"] if isinstance(item, InnerModel)}
    layers, ends = config["layers"], config["output_layers"]
    if inside:
        # Keras 2 counts calls of models from 1 on, and at the ends Keras 3 does, too.
        inner = (lambda n: twice(n)) if for_keras_3 else (lambda n: n + 1)
        layers = [
            type(item)(item, inbound_nodes=recounted(item["inbound_nodes"], inside, inner))
            for item in layers
        ]
        if for_keras_3:
            ends = recounted(ends, inside, lambda n: twice(n - 1))
    written = {
        "name": config["name"],
        "trainable": config["trainable"],
        "layers": [_layer(item, for_keras_3) for item in layers],
        "input_layers": _ends(config["input_layers"]),
        "output_layers": _ends(ends),
    }
    return {"class_name": MODEL, "config": written}


def obstacles(graph: Graph) -> tuple[Diagnostic, ...]:
    """What Keras 2 does not have, by node."""
    try:
        made = plan(graph, with_unknown=True, with_functions=True)
    except GraphError as error:
        return error.diagnostics
    found: list[Diagnostic] = []
    for call in made.calls.values():
        if call.layer is None or call.index:
            continue
        for layer in (call.layer, *_inside(call.layer)):
            found.extend(_absent(layer, call))
    return tuple(found)


def unreadable(graph: Graph) -> tuple[Diagnostic, ...]:
    """What Keras 3 cannot read back from an HDF5 file, by node."""
    return tuple(
        diagnose(UNREADABLE, node=node.id, name=node.name)
        for node in expand(graph)
        if node.type == "Normalization" and not node.shares
        if isinstance(axes := node.params.get("axis"), list) and len(axes) > 1
    )


def losses(graph: Graph) -> tuple[Diagnostic, ...]:
    """What Keras 2 computes otherwise."""
    flat = expand(graph)
    known = analyse(flat).nodes
    found: list[Diagnostic] = []
    for node in flat:
        layer = known[node.id].layer
        for inner in (layer, *_inside(layer)) if layer is not None else ():
            if "hard_sigmoid" in _activations(inner):
                found.append(diagnose(OTHER_VALUE, node=node.id, name=node.name))
            if type(inner).__name__ in DIFFERENT:
                kind = type(inner).__name__
                found.append(diagnose(OTHER_LAYER, node=node.id, name=node.name, kind=kind))
    return tuple(found)


def _absent(layer: Layer, call: Call) -> list[Diagnostic]:
    kind, node, name = type(layer).__name__, call.owner.id, call.owner.name
    if kind in ABSENT or (layer.package != "keras" and kind not in BUILT_IN):
        return [diagnose(ABSENT_LAYER, node=node, name=name, kind=kind)]
    values = {
        key: layer.values[key]
        for key in NEW_PARAMS.get(kind, ())
        if key in layer.params and layer.values[key] != layer.params[key].typed_default
    }
    values |= {
        key: value
        for key, value in layer.values.items()
        if key.endswith("activation") and isinstance(value, str) and value not in ACTIVATIONS
    }
    (output, *_) = call.known.outputs or (None,)
    if kind in ENCODINGS and layer.values["output_mode"] != "int" and output and output.rank > 2:
        values["output_mode"] = layer.values["output_mode"]
    return [
        diagnose(ABSENT_VALUE, node=node, name=name, kind=kind, key=key, value=f"{value!r:.60}")
        for key, value in values.items()
    ]


def _activations(layer: Layer) -> set[object]:
    return {
        value
        for key, value in layer.values.items()
        if key.endswith("activation") and isinstance(value, str)
    }


def _inside(layer: Layer) -> list[Layer]:
    """The layers inside a layer."""
    found = [value for value in layer.values.values() if isinstance(value, Layer)]
    return [*found, *(item for inner in found for item in _inside(inner))]


def _layer(item: dict[str, Any], for_keras_3: bool) -> dict[str, Any]:
    """A layer of a model."""
    is_model = isinstance(item, InnerModel)
    written = _model(item["config"], for_keras_3) if is_model else _object(item)
    written["name"] = item["name"]
    if not for_keras_3 and item["class_name"] in BUILT_IN:
        written["class_name"] = item["class_name"]
    if not for_keras_3 and item["class_name"] == "MultiHeadAttention":
        # It wants to be told these, and takes nothing for an answer.
        written["config"] |= dict.fromkeys(("query_shape", "key_shape", "value_shape"))
    kind = LAYERS.get(item["class_name"])
    names = kind.input_names if kind else ()
    written["inbound_nodes"] = [
        call if for_keras_3 and _has_several(call) else _inbound(call, names)
        for call in item["inbound_nodes"]
    ]
    if is_model and for_keras_3:
        calls = written["inbound_nodes"]
        written["inbound_nodes"] = [call for each in calls for call in (each, each)]
    return written


def _has_several(call: dict[str, Any]) -> bool:
    """Whether a call has tensors in several arguments."""
    further = [*call["args"][1:], *call["kwargs"].values()]
    return any(_argument(value) != _value(value) for value in further)


def _object(item: dict[str, Any]) -> dict[str, Any]:
    """Anything with a class and a configuration: a class of a package goes by its full name."""
    config = {
        key: _value(value, key)
        for key, value in item["config"].items()
        if not _is_new(item["class_name"], key, value)
    }
    for old, new in RENAMED.get(item["class_name"], {}).items():
        config[new] = config.pop(old)
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    name = item.get("registered_name") or item["class_name"]
    return {"class_name": OWN_NAMES.get(name, name), "config": config}


def _is_new(kind: str, key: str, value: Any) -> bool:
    """Whether a member says nothing, and came with Keras 3 or is better left out."""
    if key not in NEW_PARAMS.get(kind, ()) and (kind, key) not in MISREAD:
        return False
    param = LAYERS[kind].params[key]
    return bool(value == param.plain(param.typed_default))


def _value(value: Any, key: str = "") -> Any:
    config = value.get("config") if isinstance(value, dict) else None
    if isinstance(config, dict) and value.get("class_name") == "DTypePolicy" and "name" in config:
        return config["name"]
    if isinstance(config, dict) and isinstance(value.get("class_name"), str):
        written = _object(value)
        if value["class_name"] in LAYERS:
            # A layer inside a layer is looked up by its module, since 2.12.
            whose = ("module", "class_name", "registered_name")
            written |= {key: value[key] for key in whose if key in value}
        return written
    if isinstance(value, dict) and value.get("class_name") == "function":
        return value.get("config")
    if isinstance(value, dict):
        return {name: _value(member, name) for name, member in value.items()}
    if isinstance(value, list):
        return [_value(member) for member in value]
    if key.endswith("activation") and isinstance(value, str):
        return SPELT.get(value, value)
    return value


def _inbound(call: dict[str, Any], names: tuple[str, ...]) -> list[Any]:
    """One call: its tensors, and with the first of them what else it is called with."""
    first, *further = call["args"] or [[]]
    tensors = first if isinstance(first, list) else [first]
    kwargs = {key: _argument(value) for key, value in call["kwargs"].items()}
    for name, value in zip(names[1:], further, strict=False):
        kwargs[name] = _argument(value)
    histories = [_argument(tensor) for tensor in tensors]
    # Keras 2 takes the states that a recurrent layer starts from as further inputs.
    histories += _ends(kwargs.pop("initial_state", []))
    return [[*history, kwargs] for history in histories]


def _argument(value: Any) -> Any:
    """A tensor as Keras 2 names it; anything else as it is."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return list(value["config"]["keras_history"])
    if isinstance(value, list):
        return [_argument(item) for item in value]
    return _value(value)


def _ends(ends: list[Any]) -> list[Any]:
    """Inputs or outputs, always as a list of them."""
    return [ends] if ends and isinstance(ends[0], str) else ends

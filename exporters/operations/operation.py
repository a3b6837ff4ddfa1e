"""One operation as a file has it: its name in lower case, and its arguments by name."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from exporters.keras_call import Inbound, history
from layers.graph import Node

OF_TENSORFLOW = ("TFOpLambda", "SlicingOpLambda", "ClassMethod")
OF_KERAS = ("keras.src.ops.", "keras.src.activations.")

OF_MASKS = ("any", "logical_and", "logical_or", "not_equal")
"""Operations by which Keras 3 computes masks, and which no layer computes."""
ABOUT = ("call", "registered_name", "trainable", "dtype_policy")
"""Parameters of a node that say nothing of what the operation does."""

NAMES = {
    "re_lu": "relu",
    "leaky_re_lu": "leaky_relu",
    "truediv": "divide",
    "true_divide": "divide",
    "realdiv": "divide",
    "div": "divide",
    "subtract": "subtract",
    "sub": "subtract",
    "mul": "multiply",
    "neg": "negative",
    "absolute": "abs",
    "reduce_mean": "mean",
    "reduce_sum": "sum",
    "reduce_max": "max",
    "reduce_min": "min",
    "reduce_variance": "var",
    "reduce_std": "std",
    "reduce_logsumexp": "logsumexp",
    "average": "mean",
    "concat": "concatenate",
    "getitem": "get_item",
    "clip_by_value": "clip",
    "gather": "take",
    "swish": "silu",
    "average_pool": "avg_pool",
    "avg_pool1d": "avg_pool",
    "avg_pool2d": "avg_pool",
    "avg_pool3d": "avg_pool",
    "max_pool1d": "max_pool",
    "max_pool2d": "max_pool",
    "max_pool3d": "max_pool",
}
"""Names of one operation that are called by one here."""

ARGUMENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide", "maximum", "minimum"), ("x", "y")),
    "power": ("x", "y"),
    "pow": ("x", "y"),
    "matmul": ("x", "y"),
    "bias_add": ("x", "y"),
    "get_item": ("x", "spec"),
    "concatenate": ("x", "axis"),
    "stack": ("x", "axis"),
    "reshape": ("x", "shape"),
    "transpose": ("x", "perm"),
    "expand_dims": ("x", "axis"),
    "squeeze": ("x", "axis"),
    **dict.fromkeys(
        ("mean", "sum", "max", "min", "var", "std", "logsumexp"), ("x", "axis", "keepdims")
    ),
    "append": ("x", "y"),
    "einsum": ("x", "y"),
    "full_like": ("x", "fill_value"),
    "split": ("x", "parts", "axis"),
    "unstack": ("x", "num", "axis"),
    "tile": ("x", "repeats"),
    "pad": ("x", "paddings", "mode"),
    "cast": ("x", "dtype"),
    "take": ("x", "indices"),
    "softmax": ("x", "axis"),
    "clip": ("x", "low", "high"),
    "l2_normalize": ("x", "axis", "epsilon"),
    "resize": ("x", "size"),
}
"""What the arguments of operations are called by their places."""

RENAMED = {
    "a": "x",
    "b": "y",
    "x1": "x",
    "x2": "y",
    "bias": "y",
    "tensor": "x",
    "input": "x",
    "inputs": "x",
    "values": "x",
    "features": "x",
    "slice_spec": "spec",
    "key": "spec",
    "newshape": "shape",
    "axes": "perm",
    "keep_dims": "keepdims",
    "indices_or_sections": "indices",
    "num_or_size_splits": "parts",
    "multiples": "repeats",
    "pad_width": "paddings",
    "clip_value_min": "low",
    "clip_value_max": "high",
    "x_min": "low",
    "x_max": "high",
    "alpha": "slope",
    "negative_slope": "slope",
    "ksize": "window",
    "pool_size": "window",
    "method": "interpolation",
    "dim": "axis",
}
"""Names of one argument that are called by one here."""


DEFAULTS = {"batch_dims": 0, "threshold": 0.0}
"""Values of further arguments that say nothing; that of others may be 0 and say something."""
ROOTS = frozenset(
    ("", "__operators__", "compat", "image", "keras", "linalg", "math", "nn", "tensorflow", "tf")
)
"""Where the operations come from that are known here; others only have the same names."""
OTHERS = ("compat.v1.image.",)
"""Operations of TensorFlow 1 that compute otherwise than those of the same names."""


@dataclass(frozen=True, slots=True)
class Place:
    """An input of an operation, by its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation.

    Attributes:
        name: in lower case with underscores, the same for all spellings.
        given: arguments by name; tensors are a :class:`Place`, also in lists.
        is_tensorflow: whether TensorFlow's, whose defaults are others than Keras'.
    """

    name: str
    given: Mapping[str, Any]
    is_tensorflow: bool

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or what it is where it is not given."""
        value = self.given.get(name)
        return default if value is None else value

    def only(self, *names: str) -> bool:
        """Whether no other arguments are given that say something."""
        return all(
            key in names or value is None or value is False or value == DEFAULTS.get(key, ...)
            for key, value in self.given.items()
            if key not in ("name", "conjugate")
        )


def is_operation_type(kind: str) -> bool:
    """Whether nodes of a type are operations."""
    return kind.rpartition(".")[2] in OF_TENSORFLOW or kind.startswith(OF_KERAS)


def operation_of(node: Node, owner: Node, count: int) -> Operation:
    """The operation of a node that has so many inputs, whose configuration its owner has."""
    config = {key: value for key, value in owner.params.items() if key not in ABOUT}
    call = node.params.get("call")
    if not isinstance(call, dict):
        places: list[Any] = [{"tensor": number} for number in range(count)]
        call = {"args": [places] if count > 1 else places, "kwargs": {}}
    is_tensorflow = not node.type.startswith(OF_KERAS)
    if is_tensorflow:
        function = str(config.get("function", ""))
        name = function.rpartition(".")[2].lower()
        root = function.partition(".")[0] if "." in function else ""
        is_known = root in ROOTS and not function.startswith(OTHERS)
        name, config = NAMES.get(name, name) if is_known else function, {}
    else:
        name = _name(node.type.rpartition(".")[2])
    names = ARGUMENTS.get(name, ("x",))
    args, kwargs = call.get("args"), call.get("kwargs")
    given: dict[str, Any] = {RENAMED.get(key, key): value for key, value in config.items()}
    # A place without a name is kept, for no rule to take it.
    for number, value in enumerate(args if isinstance(args, list) else []):
        given[names[number] if number < len(names) else f"argument {number}"] = value
    for key, value in (kwargs if isinstance(kwargs, dict) else {}).items():
        given[RENAMED.get(str(key), str(key))] = value
    return Operation(name, {key: _plain(value) for key, value in given.items()}, is_tensorflow)


def _name(class_name: str) -> str:
    """The name of an operation by its class in Keras 3."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    return NAMES.get(name, name)


def with_module(item: dict[str, Any], known: Container[str]) -> dict[str, Any]:
    """A layer of a file, which is told to be an operation where it is one without saying so: in
    HDF5 files Keras 3 leaves modules out, and only layers say whether they are trained.

    Args:
        known: names of operations.
    """
    calls, config = item.get("inbound_nodes"), item.get("config")
    first = calls[0] if isinstance(calls, list) and calls else None
    is_bare = isinstance(first, dict) and "args" in first and "module" not in item
    if not is_bare or not isinstance(config, dict) or "trainable" in config:
        return item
    name = _name(str(item.get("class_name")))
    is_known = name in known or name in OF_MASKS
    return {**item, "module": f"{OF_KERAS[0]}numpy"} if is_known else item


def _plain(value: Any) -> Any:
    """A value without the objects that Keras 3 writes around it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"tensor"} and type(value["tensor"]) is int:
        return Place(value["tensor"])
    config = value.get("config")
    if value.get("class_name") in ("__numpy__", "__tensor__") and isinstance(config, dict):
        return config.get("value")
    if value.get("class_name") == "__ellipsis__":
        return ...
    if value.get("class_name") == "__slice__" and isinstance(config, dict):
        value = config
    if value.keys() == {"start", "stop", "step"}:
        parts = [value[key] for key in ("start", "stop", "step")]
        if all(part is None or type(part) is int for part in parts):
            return slice(*parts)
    return value


def tensorflow_call(value: Any) -> Inbound:
    """How a layer of TensorFlow's is called: on the first tensor (or a list of them), with the rest
    by name. Raises GraphError.
    """
    made = Inbound()
    last: Any
    if isinstance(value, list) and value and isinstance(value[0], str):
        first, last = _argument(value[:3], made), value
        args = [first]
    else:
        items = value if isinstance(value, list) else [value]
        args = [[_argument(item[:3], made) if isinstance(item, list) else item for item in items]]
        last = items[-1] if items else []
    kwargs = last[3] if isinstance(last, list) and len(last) > 3 else {}
    kwargs = kwargs if isinstance(kwargs, dict) else {}
    named = {key: _argument(item, made) for key, item in kwargs.items() if item is not None}
    places: list[Any] = [{"tensor": number} for number in range(len(made.tensors))]
    if named or args != (places if len(places) < 2 else [places]):
        made.template = {"args": args, "kwargs": named}
    return made


def _argument(value: Any, made: Inbound) -> Any:
    """A value with each tensor in it replaced by its place."""
    if isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str) and type(value[1]) is int:
            if value[0] == "_CONSTANT_VALUE":
                return value[2]
            made.tensors.append(history(value))
            return {"tensor": len(made.tensors) - 1}
        return [_argument(item, made) for item in value]
    if isinstance(value, dict):
        return {key: _argument(item, made) for key, item in value.items()}
    return value

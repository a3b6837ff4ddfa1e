"""Layers' names from the scopes of operations: ``conv1/Conv2D`` is of the layer ``conv1``."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = frozenset(
    [
        "conv2d",
        "conv3d",
        "conv1d",
        "convolution",
        "matmul",
        "biasadd",
        "add",
        "addv2",
        "bias_add",
        "relu",
        "relu6",
        "sigmoid",
        "tanh",
        "elu",
        "selu",
        "softmax",
        "softplus",
        "softsign",
        "leakyrelu",
        "leaky_relu",
        "maxpool",
        "avgpool",
        "maxpool2d",
        "avgpool2d",
        "maxpool3d",
        "avgpool3d",
        "maxpool1d",
        "avgpool1d",
        "depthwise",
        "depthwiseconv2dnative",
        "depthwise_conv2d",
        "separable_conv2d",
        "fusedbatchnorm",
        "fusedbatchnormv2",
        "fusedbatchnormv3",
        "batchnorm",
        "batchnorm/add_1",
        "reshape",
        "mul",
        "mul_1",
        "sub",
        "concat",
        "concatv2",
        "mean",
        "max",
        "transpose",
        "pad",
        "lrn",
        "squeeze",
        "expanddims",
        "flatten",
        "conv2dbackpropinput",
        "conv2d_transpose",
        "conv3dbackpropinputv2",
        "embedding_lookup",
        "gatherv2",
        "cast",
        "batchtospacend",
        "spacetobatchnd",
        "xw_plus_b",
        "add_1",
        "tensordot",
        "split",
        "div",
        "maximum",
        "minimum",
        "identity",
        "_fusedconv2d",
        "_fusedmatmul",
        "resizebilinear",
        "resizenearestneighbor",
        "lookup",
        "gather",
        "selectv2",
        "resize",
        "cond",
        "merge",
        "switch_1",
        "switch",
        "basic_lstm_cell",
        "lstm_cell",
        "strided_slice",
        "conv_transpose",
        "fused_batch_norm",
        "truediv",
        "realdiv",
        "dropout",
        "mul_2",
        "clip_by_value",
        "conv2d_bn",
        "while",
        "maxpool2d",
    ]
)
_CALLS = re.compile(r"(^|/)(Stateful)?PartitionedCall(_\d+)?(?=/)")
_NUMBER = re.compile(r"_\d+$")


class Naming:
    """Gives every layer a name of its own: its scope's where that is free."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.aliases: dict[str, str] = {}

    def scope(self, name: str) -> str:
        """The layer that an operation's name says it belongs to; empty where it says none."""
        path = _CALLS.sub("", name).strip("/")
        scope, _, last = path.rpartition("/")
        while scope and _NUMBER.sub("", last).lower() in _WORDS:
            outer, _, inner = scope.rpartition("/")
            if outer and _NUMBER.sub("", inner).lower() in ("batchnorm", "cond", "moments"):
                scope, last = outer, inner
                continue
            return scope
        return ""

    def of(self, name: str, kind: str) -> str:
        """A free name, with the slashes of scopes."""
        name = self.aliases.get(name, name)
        path = _CALLS.sub("", name).strip("/") or kind.lower()
        around, _, last = path.rpartition("/")
        inner = around if _NUMBER.sub("", last).lower() in _WORDS else ""
        for found in (self.scope(name), inner, path):
            if found and found not in self.taken:
                self.taken.add(found)
                return found
        number = 1
        while f"{path}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{path}_{number}")
        return f"{path}_{number}"


def without_common_scope(names: Iterable[str]) -> int:
    """How many characters of scopes all names begin with."""
    paths = [name.split("/") for name in names]
    if len(paths) < 2:
        return 0
    depth = 0
    while all(len(path) > depth + 1 for path in paths):
        if len({path[depth] for path in paths}) > 1:
            break
        depth += 1
    return sum(len(part) + 1 for part in paths[0][:depth])

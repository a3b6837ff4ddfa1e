"""Which tensors of a graph are the network's outputs: what is left when training, saving and
measuring are cut off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from exporters.tensorflow.program import PASSING, Op, Program, Ref, ancestors

MAX_TAKERS = 64

HEAVY = frozenset(
    {
        "Conv2D",
        "Conv3D",
        "MatMul",
        "BatchMatMul",
        "BatchMatMulV2",
        "BatchMatMulV3",
        "Einsum",
        "DepthwiseConv2dNative",
        "Conv2DBackpropInput",
        "Conv3DBackpropInputV2",
        "_FusedMatMul",
        "_FusedConv2D",
        "FusedBatchNorm",
        "FusedBatchNormV2",
        "FusedBatchNormV3",
        "MaxPool",
        "AvgPool",
        "MaxPool3D",
        "AvgPool3D",
        "GatherV2",
        "ResourceGather",
        "Relu",
        "Softmax",
        "Sigmoid",
        "Tanh",
        "LRN",
        "While",
        "StatelessWhile",
    }
)
"""What makes a graph a network."""

_MEASURES = frozenset(
    {
        "SoftmaxCrossEntropyWithLogits",
        "SparseSoftmaxCrossEntropyWithLogits",
        "L2Loss",
        "InTopK",
        "InTopKV2",
        "Equal",
        "NoOp",
        "Assert",
        "Print",
        "PrintV2",
        "WriteFile",
        "MergeV2Checkpoints",
        "NextIteration",
    }
)
_TRAINING = re.compile(
    r"(Resource)?(Sparse)?Apply[A-Z]\w*|Assign\w*|\w*Summary(V2)?|Save(V2|Slices)?|Restore(V2|Slice)?"
    r"|ScatterUpdate|ShardedFilename|\w*Grad(V2|V3|Args)?|\w*Backprop(Filter|FilterV2)|Queue\w+"
    r"|\w+QueueV2|VarIsInitializedOp|IsVariableInitialized|ResourceScatter\w+"
)
_SCOPES = re.compile(r"(^|/)(gradients(_\d+)?|save(_\d+)?|report_uninitialized\w*)/")
_GRADIENTS = re.compile(r"(^|/)gradients(_\d+)?/")
_UPDATES = re.compile(r"(Resource)?(Sparse)?Apply[A-Z]\w*")
_LOOPS = frozenset({"LoopCond", "While", "StatelessWhile"})
VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable"})
_MEASURED = frozenset({"Shape", "ShapeN", "Size", "Rank"})
"""What depends on no value of its input."""
_PLUMBING = PASSING | {
    "Reshape",
    "Cast",
    "ArgMax",
    "ExpandDims",
    "Squeeze",
    "Sub",
    "Neg",
    "Log",
    "Shape",
    "Slice",
    "StridedSlice",
    "Pack",
    "Rank",
}
_STATISTICS = re.compile(r"(^|/)(moments|AssignMovingAvg\w*|ExponentialMovingAverage)(_\d+)?(/|$)")


def likely_outputs(program: Program) -> list[Ref]:
    """The outputs of a graph that does not say which they are, in the order of the file.

    Ends whose way back meets no layer are none where others do, and neither is one that leads to
    another.
    """
    kept = _without_training(program)
    used: set[str] = set()
    cut: set[str] = set()
    for op in program.ops.values():
        # What goes round in a loop is no end of it.
        target = used if op.name in kept or op.kind == "NextIteration" else cut
        target.update(name for name, _ in op.inputs)
    ends: dict[str, None] = {}
    for name, op in kept.items():
        if name in used or op.kind in ("Const", "Placeholder", "VariableV2", "VarHandleOp"):
            continue
        end = _before_plumbing(kept, op) if name in cut else op
        if end is not None and not _STATISTICS.search(end.name):
            ends.setdefault(end.name)
    if any(program.ops[name].kind != "Exit" for name in ends):
        # States that a loop leaves behind and nothing takes.
        ends = {name: None for name in ends if program.ops[name].kind != "Exit"}
    reached = {name: _has_layer(program, name) for name in ends}
    computing = [name for name, has_layer in reached.items() if has_layer]
    if not computing:
        computing = [name for name, has_layer in reached.items() if has_layer is not None]
    if any(op.kind in VARIABLES for op in program.ops.values()):
        # A frozen graph was cut to its outputs; in one that was not, more is left over.
        left = _left_over(program, computing)
        computing = [name for name in computing if name not in left] or computing
    inner = _behind(program, computing)
    return [(name, 0) for name in program.ops if name in computing and name not in inner]


def _behind(program: Program, names: list[str]) -> set[str]:
    """What any of some operations is computed from."""
    return {
        op.name
        for name in names
        for op in ancestors(program, program.ops[name].inputs, _MEASURED)
        if op.name != name
    }


def _left_over(program: Program, ends: list[str]) -> set[str]:
    """Ends that are no outputs where there are others: what only a summary takes, the numbers of
    classes, another name of what is inside, and what a loop leaves behind in its scope.
    """
    takers = program.consumers()
    inner = _behind(program, [name for name in ends if program.ops[name].kind not in PASSING])
    loops = {
        name.rpartition("/while")[0] + "/"
        for name, op in program.ops.items()
        if op.kind in _LOOPS and "/while" in name
    }
    left = set()
    for name in ends:
        users = takers.get((name, 0), [])
        source = program.source((name, 0))
        is_name = source is not None and source.name != name and source.name in inner
        parts = _before_turns(program, name).split("/")
        scopes = {"/".join(parts[:depth]) + "/" for depth in range(1, len(parts))}
        if (
            _is_summary(takers, users)
            or is_name
            or program.ops[name].kind == "ArgMax"
            or scopes & loops
        ):
            left.add(name)
    return left


def _before_turns(program: Program, name: str) -> str:
    """What an end turns around or exchanges the axes of."""
    op = program.ops[name]
    for _ in range(MAX_TAKERS):
        before = program.op(op.inputs[0]) if op.inputs else None
        if before is None or op.kind not in ("ReverseV2", "Transpose", "Identity"):
            break
        op = before
    return op.name


def _is_summary(takers: Mapping[Ref, list[Op]], users: list[Op]) -> bool:
    """Whether nothing but summaries comes of what is taken."""
    stack, seen = list(users), 0
    while stack:
        user, seen = stack.pop(), seen + 1
        if "Summary" in user.kind:
            continue
        after = takers.get((user.name, 0), [])
        if user.kind not in _PLUMBING or not after or seen > MAX_TAKERS:
            return False
        stack.extend(after)
    return bool(users)


def left_out(program: Program) -> int:
    """How many operations are there only to train: gradients and what changes variables."""
    return sum(
        bool(_UPDATES.fullmatch(op.kind) or _GRADIENTS.search(op.name))
        for op in program.ops.values()
    )


def _without_training(program: Program) -> dict[str, Op]:
    """The operations that neither train, save nor measure, nor come after one that does."""
    gone = {name for name, op in program.ops.items() if _is_training(op)}
    after: dict[str, list[str]] = {}
    for op in program.ops.values():
        for source, _ in op.inputs:
            after.setdefault(source, []).append(op.name)
    stack = [name for name in gone if program.ops[name].kind != "NextIteration"]
    while stack:
        for name in after.get(stack.pop(), ()):
            if name not in gone and program.ops[name].kind != "Merge":
                gone.add(name)
                stack.append(name)
    return {name: op for name, op in program.ops.items() if name not in gone}


def _is_training(op: Op) -> bool:
    return op.kind in _MEASURES or _trains(op.kind) or bool(_SCOPES.search(op.name))


@lru_cache(maxsize=4096)
def _trains(kind: str) -> bool:
    return bool(_TRAINING.fullmatch(kind)) and not kind.startswith("Conv")


def _before_plumbing(kept: dict[str, Op], op: Op) -> Op | None:
    """What a loss or a measure was computed from."""
    for _ in range(12):
        if op.kind not in _PLUMBING or not op.inputs:
            return op
        before = kept.get(op.inputs[0][0])
        if before is None:
            return op
        op = before
    return op


def _has_layer(program: Program, name: str) -> bool | None:
    """Whether an end depends on an input through at least one layer; None where on no input."""
    has_layer = has_input = False
    for op in ancestors(program, [(name, 0)], _MEASURED):
        has_layer = has_layer or op.kind in HEAVY
        has_input = has_input or op.kind in INPUTS
        if has_layer and has_input:
            return True
    return False if has_input else None


INPUTS = frozenset(
    {
        "Placeholder",
        "PlaceholderV2",
        "IteratorGetNext",
        "QueueDequeueV2",
        "QueueDequeueManyV2",
        "ParseExample",
        "DecodeJpeg",
        "PlaceholderWithDefault",
        "BatchDatasetV2",
        "OneShotIterator",
        "RandomShuffleQueueV2",
        "QueueDequeueUpToV2",
    }
)
"""Where data enter."""

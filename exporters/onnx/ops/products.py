"""Products of two tensors of the network: stacks of matrices, and Einstein's sums."""

from __future__ import annotations

import re
from string import ascii_letters

import numpy as np

from exporters.onnx.operation import Operation
from exporters.onnx.reader import Reader
from exporters.onnx.register import Unreadable, reads, writes
from exporters.onnx.steps import step
from exporters.onnx.tape import Tape, Use, Value
from exporters.onnx.tensors import Const, Tensors, Term
from layers.tensor import Dim

_ONE = re.compile(r"([a-zA-Z]+)->([a-zA-Z]+)")
_FORM = re.compile(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)")


@writes("Einsum")
def write_einsum(tape: Tape, use: Use, inputs: list[Value]) -> Value:
    names = [tape.last(tape.floats(value)) for value in inputs]
    return tape.made(use, tape("Einsum", *names, equation=use.layer.equation))


@reads("Einsum")
def read_einsum(made: Reader, op: Operation) -> Tensors:
    equation = str(op.attribute("equation", "")).replace(" ", "")
    single = _ONE.fullmatch(equation)
    if single is not None and len(op.inputs) == 1:
        return [_of_one(made, op, single[1], single[2])]
    form = _FORM.fullmatch(equation)
    if form is None or len(op.inputs) != 2:
        raise Unreadable("its equation is not first,second->output")
    one, two, output = form.groups()
    if isinstance(op.given(1), Const):
        return _dense(made, op, one, two, output)
    return [product(made, op.name, (op.term(0), one), (op.term(1), two), output)]


def _of_one(made: Reader, op: Operation, given: str, output: str) -> Term:
    """Sums along the axes that the output lacks, and the others in its order. Raises Unreadable."""
    term = op.term()
    if len(set(given)) < len(given) or len(set(output)) < len(output) or set(output) - set(given):
        raise Unreadable("its equation takes diagonals")
    if term.rank != len(given):
        raise Unreadable("its equation does not fit its inputs")
    rest = [letter for letter in given if letter in output]
    if len(rest) < len(given):
        axes = Const(np.array([at for at, one in enumerate(given) if one not in output]))
        term = step(made, op, "ReduceSum", term, axes, keepdims=0)
    return term.transposed(tuple(rest.index(letter) for letter in output))


def _dense(made: Reader, op: Operation, given: str, kernel: str, output: str) -> Tensors:
    """With a constant an EinsumDense. Raises Unreadable."""
    term, const = made.plain(op.term(0), op.name, len(given)), op.const(1)
    if term.tensor is None or const.array.ndim != len(kernel):
        raise Unreadable("its equation does not fit its inputs")
    if output[0] != given[0] or given[0] in kernel:
        raise Unreadable("a constant in it differs between samples, or it takes them together")
    sizes = dict(zip(kernel, const.array.shape, strict=True))
    known = dict(zip(given, term.tensor.shape, strict=True))
    shape = [sizes.get(letter, known.get(letter)) for letter in output[1:]]
    params = {"equation": f"{given},{kernel}->{output}", "output_shape": shape}
    weights = {"kernel": const}
    return list(made.layer("EinsumDense", [term], params, op.name, weights=weights))


def matrices(made: Reader, op: Operation) -> Tensors:
    """MatMul of two tensors: the last two axes are matrices, those before are stacks of them.
    Raises Unreadable.
    """
    left, right = op.term(0), op.term(1)
    if left.rank != right.rank or left.rank < 3:
        raise Unreadable("it multiplies stacks of different numbers of axes")
    stack = ascii_letters[: left.rank - 2]
    return [product(made, op.name, (left, f"{stack}yz"), (right, f"{stack}zx"), f"{stack}yx")]


def product(
    made: Reader, name: str, first: tuple[Term, str], second: tuple[Term, str], output: str
) -> Term:
    """The product of tensors with a letter for each axis of the file. The axes stay as they lie
    in the network, for an equation takes them in any order. Raises Unreadable.
    """
    parts, terms = [], []
    sizes: dict[str, Dim] = {}
    for term, letters in (first, second):
        if term.view or term.rows is not None or not term.axes:
            term = made.arranged(term, tuple(range(len(letters))), name)
        if term.rank != len(letters):
            raise Unreadable("its equation does not fit its inputs")
        parts.append("".join(letters[term.axes.index(own)] for own in range(term.rank)))
        terms.append(term)
        if len(set(letters)) < len(letters):
            raise Unreadable("its equation takes diagonals")
        for letter, size in zip(letters, term.shape or (), strict=False):
            if size is not None and sizes.setdefault(letter, size) != size:
                raise Unreadable("it spreads one place of an axis over several")
    batch = parts[0][0]
    if parts[1][0] != batch or batch not in output:
        raise Unreadable("it takes samples together")
    kept = [letter for letter in output if letter in parts[0] or letter in parts[1]]
    if len(kept) < len(output):
        raise Unreadable("its output has an axis that no input has")
    own = batch + "".join(letter for letter in output if letter != batch)
    axes = tuple(own.index(letter) for letter in output)
    equation = f"{parts[0]},{parts[1]}->{own}"
    return made.layer("Einsum", terms, {"equation": equation}, name, axes=[axes])[0]

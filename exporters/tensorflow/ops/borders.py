"""Numbers around tensors, tensors that are repeated, and places that become channels."""

from __future__ import annotations

from typing import Any

from exporters.tensorflow.ops.bounds import MAX_SHIFT
from exporters.tensorflow.ops.convolution import order_of
from exporters.tensorflow.ops.slicing import axes_of
from exporters.tensorflow.program import Op
from exporters.tensorflow.reader import NotKnown, Reader, Signal, Value, reads
from layers.tensor import product

MAX_TILES = 10_000


@reads("Pad", "PadV2")
def pad(reader: Reader, op: Op) -> Value:
    """Zeros or another number around any axes but the samples'."""
    found = reader.value(op, 0)
    sides = reader.constant(op, 1).array
    if not isinstance(found, Signal) or found.shape is None or sides.shape != (len(found.shape), 2):
        raise NotKnown
    number = 0.0
    if op.kind == "PadV2":
        given = reader.constant(op, 2)
        if not given.is_known:
            raise NotKnown
        number = float(given.array.reshape(-1)[0])
    rank = len(found.shape)
    pairs = [(int(one), int(two)) for one, two in sides.tolist()]
    by_axis = dict(zip(axes_of(reader, found, range(rank)), pairs, strict=True))
    if not any(map(any, by_axis.values())):
        return found
    if any(by_axis[0]) or min(min(pair) for pair in pairs) < 0 or not 2 <= rank <= 5:
        raise NotKnown
    made = found
    if number:
        made = _shifted(reader, op, made, -number, "lowered")
    made = _padded(reader, op, made, by_axis)
    if number:
        made = _shifted(reader, op, made, number, "raised")
    return Signal(made.end, made.shape, made.dtype, found.order)


def _shifted(reader: Reader, op: Op, signal: Signal, number: float, name: str) -> Signal:
    if signal.dtype != "float32" or not abs(number) <= MAX_SHIFT:
        raise NotKnown
    params = {"scale": 1.0, "offset": number}
    return reader.layer(None, "Rescaling", params, [signal], name=f"{op.name}_{name}")


def _padded(reader: Reader, op: Op, signal: Signal, by_axis: dict[int, tuple[int, int]]) -> Signal:
    """Zeros around spatial axes; the channels stand in the place of one for theirs."""
    shape = signal.shape or ()
    rank, last = len(shape), len(shape) - 1
    made = signal
    if rank > 2 and any(any(by_axis[axis]) for axis in range(1, last)):
        flat = [side for axis in range(1, last) for side in by_axis[axis]]
        made = reader.layer(op, f"ZeroPadding{rank - 2}D", {"padding": flat}, [made])
    if not any(by_axis[last]):
        return made
    sides = [*by_axis[last], *[0] * (2 * (rank - 3))]
    if rank == 2:
        if shape[1] is None:
            raise NotKnown
        length = shape[1] + sum(by_axis[last])
        params = {"target_shape": [shape[1], 1]}
        made = reader.layer(None, "Reshape", params, [made], name=f"{op.name}_steps")
        padding = {"padding": list(by_axis[last])}
        made = reader.layer(None, "ZeroPadding1D", padding, [made], name=f"{op.name}_padded")
        return reader.layer(op, "Reshape", {"target_shape": [length]}, [made])
    dims = {"dims": [last, *range(2, last), 1]}
    made = reader.layer(None, "Permute", dims, [made], name=f"{op.name}_channels")
    kind, name = f"ZeroPadding{rank - 2}D", f"{op.name}_more"
    made = reader.layer(None, kind, {"padding": sides}, [made], name=name)
    return reader.layer(None, "Permute", dims, [made], name=f"{op.name}_back")


@reads("Tile")
def tile(reader: Reader, op: Op) -> Value:
    """A tensor several times along axes."""
    signal, times = reader.value(op, 0), reader.numbers(op, 1)
    if not isinstance(signal, Signal) or len(times) != len(signal.shape or ()):
        raise NotKnown
    return _repeated(reader, op, signal, times)


@reads("BroadcastTo")
def broadcast(reader: Reader, op: Op) -> Value:
    """Axes of one as long as they shall be."""
    signal, target = reader.value(op, 0), reader.numbers(op, 1)
    shape = signal.foreign_shape if isinstance(signal, Signal) else None
    if not isinstance(signal, Signal) or shape is None or len(target) != len(shape):
        raise NotKnown
    times: list[int | None] = []
    for have, want in zip(shape, target, strict=True):
        if have == want:
            times.append(1)
        elif have == 1:
            times.append(want)
        else:
            raise NotKnown
    return _repeated(reader, op, signal, times)


def _repeated(reader: Reader, op: Op, signal: Signal, times: list[int | None]) -> Signal:
    made = signal
    owns = axes_of(reader, signal, range(len(times)))
    for own, count in zip(owns, times, strict=True):
        if count is None or not 0 < count <= MAX_TILES or (own == 0 and count != 1):
            raise NotKnown
        if count > 1:
            params = {"axis": -1 if own == len(times) - 1 else own, "tiles": count}
            made = reader.layer(op, "Tile", params, [made], order=signal.order)
    return made


@reads("DepthToSpace", "SpaceToDepth")
def blocks(reader: Reader, op: Op) -> Value:
    """Channels as a square of places, or the other way round."""
    size = int(op.attr("block_size", 0))
    order = order_of(op, 4)
    signal = reader.signal(op, 0, order)
    if signal.shape is None or len(signal.shape) != 4 or size < 2:
        raise NotKnown
    height, width, channels = signal.shape[1:]
    if height is None or width is None or channels is None:
        raise NotKnown
    if op.kind == "DepthToSpace":
        inner = [height, width, size, size, channels // size**2]
        outer = [height * size, width * size, channels // size**2]
    else:
        inner = [height // size, size, width // size, size, channels]
        outer = [height // size, width // size, channels * size**2]
    if 0 in inner or product(inner) != height * width * channels:
        raise NotKnown
    steps: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("Reshape", {"target_shape": inner}, "blocks"),
        ("Permute", {"dims": [1, 3, 2, 4, 5]}, "turned"),
    )
    made = signal
    for kind, params, name in steps:
        made = reader.layer(None, kind, params, [made], name=f"{op.name}_{name}")
    return reader.layer(op, "Reshape", {"target_shape": outer}, [made], order=order)

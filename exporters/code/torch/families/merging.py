"""Layers that join several tensors."""

from __future__ import annotations

from exporters.code.torch.rule import Layout, Unwritable, Use, Written, rule


def _joined(use: Use, sign: str) -> str:
    ranks = {tensor.rank for tensor in use.inputs}
    if len(ranks) > 1:
        raise Unwritable("inputs with different numbers of axes")
    return sign.join(f"{{{port}}}" for port in range(len(use.inputs)))


@rule("Add")
def add(use: Use) -> Written:
    return Written(_joined(use, " + "))


@rule("Subtract")
def subtract(use: Use) -> Written:
    return Written(_joined(use, " - "))


@rule("Multiply")
def multiply(use: Use) -> Written:
    return Written(_joined(use, " * "))


@rule("Average")
def average(use: Use) -> Written:
    return Written(f"({_joined(use, ' + ')}) / {len(use.inputs)}")


@rule("Maximum", "Minimum")
def extreme(use: Use) -> Written:
    name = type(use.layer).__name__.lower()
    _joined(use, "")
    made = "{0}"
    for port in range(1, len(use.inputs)):
        made = f"torch.{name}({made}, {{{port}}})"
    return Written(made)


@rule("Concatenate")
def concatenate(use: Use) -> Written:
    return Written(f"torch.cat([{_joined(use, ', ')}], dim={use.axis(use['axis'])})")


@rule("Dot")
def dot(use: Use) -> Written:
    one, other = use.inputs
    if one.rank > 3 or other.rank > 3:
        raise Unwritable("a dot product of more than three axes")
    axes = use["axes"]
    pair = tuple(axes) if len(axes) == 2 else (axes[0], axes[0])
    first, second = pair[0] % one.rank, pair[1] % other.rank
    letters, others = "bij"[: one.rank], ["b", "k", "l"][: other.rank]
    others[second] = letters[first]
    kept = [sign for sign in letters[1:] if sign != letters[first]]
    kept += [sign for place, sign in enumerate(others) if place and place != second]
    given = ["{0}", "{1}"]
    if use["normalize"]:
        given = [
            f"F.normalize({each}, dim={axis}, eps=1e-6)"
            for each, axis in zip(given, (first, second), strict=True)
        ]
    result = f"b{''.join(kept)}"
    made = f'torch.einsum("{letters},{"".join(others)}->{result}", {", ".join(given)})'
    if not kept:
        made += ".unsqueeze(1)"
    return Written(made, wants=Layout.LAST)


@rule("Einsum")
def einsum(use: Use) -> Written:
    return Written(f'torch.einsum("{use["equation"]}", {{0}}, {{1}})', wants=Layout.LAST)

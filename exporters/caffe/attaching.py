"""The weights of a Caffe file for a network that is there already, by the layers' names."""

from __future__ import annotations

from exporters.caffe.network import specs
from exporters.caffe.operation import BLOBS, reads
from exporters.caffe.reading import flattened, legal, taken
from exporters.caffe.text import Fields
from exporters.weights import LEFT_OVER, MISSING, NOT_FITTING, Array, Fitted
from layers.analysis import analyse
from layers.blocks import expand
from layers.diagnostics import Diagnostic, GraphError, Invalid, diagnose
from layers.graph import Graph
from layers.tensor import shape_text


def attached(fields: Fields, graph: Graph) -> Fitted:
    """The weights that fit, and what was said where they do not. Raises GraphError."""
    reads.load()
    found, _ = specs(fields)
    given = {
        legal(spec.name): [*spec.blobs, *(spec.scale.blobs if spec.scale else [])]
        for spec in found
        if spec.blobs
    }
    try:
        flat = expand(graph)
    except Invalid as mistake:
        raise GraphError([mistake.diagnostic()]) from None
    known = analyse(flat).nodes
    notes: list[Diagnostic] = []
    weights: dict[str, dict[str, Array]] = {}
    for node in flat:
        analysed = known[node.id]
        if not analysed.weights or analysed.layer is None or analysed.inputs is None:
            continue
        blobs = given.pop(legal(node.name), None)
        names = ", ".join(analysed.weights)[:200]
        if blobs is None or type(analysed.layer).__name__ not in BLOBS:
            notes.append(diagnose(MISSING, node=node.id, name=node.name, weights=names))
            continue
        before = flattened(flat, lambda identity: known[identity].inputs, node.id)
        made = taken(analysed.layer, analysed.inputs, before, blobs)
        if made is None:
            expected = ", ".join(shape_text(weight.shape) for weight in analysed.weights.values())
            shapes = ", ".join(shape_text(blob.shape) for blob in blobs)
            notes.append(
                diagnose(
                    NOT_FITTING,
                    node=node.id,
                    name=node.name,
                    weight=names,
                    found=shapes[:200],
                    expected=expected[:200],
                )
            )
        else:
            weights[node.id] = made
    notes.extend(diagnose(LEFT_OVER, name=name[:60]) for name in given)
    return Fitted(weights, tuple(notes))

"""SavedModels as networks: by what we or Keras 2 have put beside the graph, else by the graph."""

from __future__ import annotations

from collections.abc import Mapping

from exporters.archive import Archive
from exporters.format import Reading
from exporters.protos import tensorflow_pb2 as pb
from exporters.source import Source
from exporters.tensorflow import messages
from exporters.tensorflow.bundle import Bundle
from exporters.tensorflow.described import described_network
from exporters.tensorflow.embedded import saved_network
from exporters.tensorflow.network import network_of
from exporters.tensorflow.problems import refuse
from exporters.tensorflow.program import PASSING, Op, Program, Ref, program_of, reference
from exporters.weights import Array

GRAPH = "saved_model.pb"


class Folder:
    """The members of a SavedModel's folder, which may lie inside another one in the archive."""

    def __init__(self, archive: Archive) -> None:
        graphs = [name for name in archive.members if name.rpartition("/")[2] == GRAPH]
        if not graphs:
            refuse("the archive has no saved_model.pb")
        self.archive = archive
        self.prefix = min(graphs, key=len)[: -len(GRAPH)]

    def read(self, name: str) -> memoryview | None:
        """A member's bytes, None where it is missing. Raises GraphError."""
        member = self.prefix + name
        return self.archive.read(member) if member in self.archive.members else None

    def bundle(self) -> Bundle | None:
        index = self.read("variables/variables.index")
        if index is None:
            return None
        shards: dict[int, memoryview | None] = {}

        def shard(number: int, count: int) -> memoryview | None:
            if number not in shards:
                name = f"variables/variables.data-{number:05}-of-{count:05}"
                shards[number] = self.read(name)
            return shards[number]

        return Bundle(index, shard)


def read_archive(source: Source, form: str) -> Reading:
    """The network in a zip of a SavedModel. Raises GraphError."""
    folder = Folder(Archive(source.data, source.name))
    data = folder.read(GRAPH)
    assert data is not None
    bundle = folder.bundle()
    own = _own(folder, data, bundle, form)
    if own is not None:
        return own
    described = folder.read("keras_metadata.pb")
    if described is not None:
        found = described_network(described, bundle, form)
        if found is not None:
            return found
    inner = Source(bytes(data), GRAPH)
    return read_saved_model(inner, form, bundle, source.name.rpartition(".")[0])


def read_saved_model(
    source: Source, form: str, bundle: Bundle | None = None, title: str = "network"
) -> Reading:
    """The network in a saved_model.pb: of its signature for serving, where it has one. Raises
    GraphError.
    """
    saved = messages.saved_model_of(source)
    if not saved.meta_graphs:
        refuse("it has no graph")
    meta = next(
        (item for item in saved.meta_graphs if "serve" in item.meta_info_def.tags),
        saved.meta_graphs[0],
    )
    program = program_of(meta.graph_def)
    values = _variables(program, bundle) if bundle is not None else {}
    signature = _signature(meta)
    if signature is None:
        return network_of(program, form, title, values)
    outputs = _tensors(program, signature.outputs)
    inputs = {ref[0]: name for name, ref in _tensors(program, signature.inputs).items()}
    return network_of(program, form, title, values, outputs.values(), inputs)


def _signature(meta: pb.MetaGraphDef) -> pb.SignatureDef | None:
    """How the model is served."""
    names = sorted(name for name in meta.signature_def if not name.startswith("__"))
    if not names:
        return None
    return meta.signature_def["serving_default" if "serving_default" in names else names[0]]


def _tensors(program: Program, told: Mapping[str, pb.TensorInfo]) -> dict[str, Ref]:
    """The tensors of a signature by name, functions resolved."""
    found = {name: program.resolved(reference(told[name].name)) for name in sorted(told)}
    return {name: ref for name, ref in found.items() if ref[0] in program.ops}


def _own(folder: Folder, data: memoryview, bundle: Bundle | None, form: str) -> Reading | None:
    """The network that we have written beside the graph, with the weights that are stored now."""
    text = folder.read("assets.extra/visualnn.json")
    told = saved_network(bytes(text), data) if text is not None else None
    if told is None:
        return None
    graph, keys = told
    weights: dict[str, dict[str, Array]] = {}
    for identity, names in (keys if isinstance(keys, dict) else {}).items():
        for name, key in (names if isinstance(names, dict) else {}).items():
            array = bundle.array(str(key)) if bundle is not None else None
            if array is not None:
                weights.setdefault(identity, {})[name] = array
    return Reading(graph, form, (), weights or None)


def _variables(program: Program, bundle: Bundle) -> dict[str, Array]:
    """The stored values by the name of the variable's operation: as the part of the graph that
    restores them says, else by name.
    """
    found: dict[str, Array] = {}
    for op in program.ops.values():
        if op.kind in ("AssignVariableOp", "Assign") and len(op.inputs) > 1:
            variable, key = program.source(op.inputs[0]), _restored(program, op.inputs[1])
            array = bundle.array(key) if key and variable is not None else None
            if array is not None and variable is not None:
                found.setdefault(variable.name, array)
    for op in program.ops.values():
        if op.kind in ("VarHandleOp", "VariableV2", "Variable") and op.name not in found:
            for key in (op.name, str(op.attr("shared_name", ""))):
                array = bundle.array(key) if key else None
                if array is not None:
                    found[op.name] = array
                    break
    return found


def _restored(program: Program, ref: Ref) -> str | None:
    """The key that a value is restored from."""
    for _ in range(8):
        op: Op | None = program.op(ref)
        if op is None:
            return None
        if op.kind == "RestoreV2" and len(op.inputs) > 1:
            names = program.source(op.inputs[1])
            listed = names.attr("value") if names is not None and names.kind == "Const" else None
            if listed is None or ref[1] >= listed.size:
                return None
            key = listed.reshape(-1)[ref[1]]
            return key.decode("utf-8", "replace") if isinstance(key, bytes) else None
        if op.kind not in PASSING or not op.inputs:
            return None
        ref = op.inputs[0]
    return None

"""The JSON of the original VisualNN and of Fabrik: layers by id, each with its own connections.

Two dialects are read: the editor's, where a parameter is ``[value, is_disabled]``, and that of
exports, where it is the value. Explicit borders become what computes the same: ``same`` where it
does, else a ZeroPadding of their own. A wrapper stands before the layer that it wraps; both are one
node here.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from exporters.fabrik import CONTROL, RULES, Values
from exporters.format import Format, Reading
from exporters.keras_config import NOT_KEPT, complete
from exporters.layout import place
from exporters.source import Source
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Edge, Graph, Node, Phase
from layers.layer import LAYERS

MALFORMED = Problem(
    "fabrik.malformed",
    "This network of the original VisualNN cannot be read: {reason}.",
    "Export it again.",
)
UNKNOWN = Problem(
    "fabrik.unknown_layer",
    "{name} is the layer {kind}, which this program does not know; its output is unknown.",
    "Replace it by a layer of the palette.",
    severity="warning",
)

WRAPPERS = ("TimeDistributed", "Bidirectional")
PHASES: dict[Any, Phase] = {0: "train", 1: "test"}
OURS = {"source": "source_file", "dim": "shape", "slice_point": "slice_points", "type": "filler"}
WITHOUT_EFFECT = CONTROL | {"debug_info", "expose_hidden", "trainable", "end_axis", "slice_dim"}
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.>-]+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


class Fabrik(Format):
    """What the first VisualNN and Fabrik kept networks in."""

    name: ClassVar = "fabrik"
    label: ClassVar = "Fabrik JSON"
    extensions: ClassVar = (".json",)
    description: ClassVar = "Networks of the original VisualNN and of Fabrik, in both dialects."
    order: ClassVar = 90
    media_type: ClassVar = "application/json"

    def matches(self, source: Source) -> bool:
        return source.looks_like_json and _network(source.json) is not None

    def read(self, source: Source) -> Reading:
        data = source.json
        name = data.get("net_name") or data.get("name")
        title = name[:200] if isinstance(name, str) and name else "network"
        return _Reader(_network(data) or {}).reading(self.name, title)


def _network(data: Any) -> dict[str, Any] | None:
    """The layers by id, alone or in what the server sent around them."""
    for key in ("net", "network", "network_def", None):
        found = data if key is None else data.get(key) if isinstance(data, dict) else None
        if (
            isinstance(found, dict)
            and found
            and all(
                isinstance(item, dict)
                and isinstance(item.get("info"), dict)
                and isinstance(item["info"].get("type"), str)
                and isinstance(item.get("connection"), dict)
                for item in found.values()
            )
        ):
            return found
    return None


class _Reader:
    def __init__(self, items: dict[str, Any]) -> None:
        if len(items) > MAX_NODES:
            count = len(items)
            raise GraphError([diagnose(TOO_LARGE, count=count, things="layers", limit=MAX_NODES)])
        self.items = items
        self.diagnostics: list[Diagnostic] = []
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.names: dict[str, int] = {}
        self.entries: dict[str, str] = {}
        self.ends: dict[str, str] = {}

    def reading(self, format_name: str, title: str) -> Reading:
        inner = self._wrapped()
        for identity in self.items:
            if identity not in inner.values():
                self._layer(identity, inner.get(identity))
        for wrapper, wrapped in inner.items():
            self.ends[wrapped] = self.ends[wrapper]
        ports: dict[str, int] = {}
        places: dict[str, int] = {}
        for source, target in self._connections():
            if inner.get(source) == target:
                continue
            port = 0
            if self.items[source]["info"]["type"] in ("Slice", "Split"):
                port = ports[source] = ports.get(source, -1) + 1
            entry = self.entries[target]
            places[entry] = places.get(entry, -1) + 1
            self.edges.append(Edge(self.ends[source], entry, port, places[entry]))
        graph = Graph(self.nodes, dict.fromkeys(self.edges), name=title)
        if len({node.position for node in self.nodes}) < len(self.nodes):
            graph = place(graph)
        return Reading(graph, format_name, tuple(self.diagnostics))

    def _connections(self) -> list[tuple[str, str]]:
        """Every connection once, in the order in which targets list their sources."""
        found: dict[tuple[str, str], None] = {}
        for identity, item in self.items.items():
            for source in _ids(item["connection"].get("input"), identity):
                found[source, identity] = None
        for identity, item in self.items.items():
            for target in _ids(item["connection"].get("output"), identity):
                found[identity, target] = None
        for pair in found:
            for end in pair:
                if end not in self.items:
                    raise _malformed(f"a connection names the layer {end:.60}, which is not there")
        return list(found)

    def _wrapped(self) -> dict[str, str]:
        """The layer inside of each wrapper."""
        targets: dict[str, list[str]] = {}
        for source, target in self._connections():
            targets.setdefault(source, []).append(target)
        return {
            identity: targets[identity][0]
            for identity, item in self.items.items()
            if item["info"]["type"] in WRAPPERS
            and len(targets.get(identity, [])) == 1
            and self.items[targets[identity][0]]["info"]["type"] not in WRAPPERS
        }

    def _layer(self, identity: str, wrapped: str | None) -> None:
        """Add the nodes of one layer, with what has to stand before it."""
        item = self.items[identity]
        name = self._name(identity, item)
        kind, params, border = self._made(wrapped or identity, name)
        if wrapped:
            inner = {"type": kind, **params}
            kind, params = item["info"]["type"], {"layer": inner}
            mode = _params(item).get("merge_mode")
            if kind == "Bidirectional" and mode:
                params["merge_mode"] = mode
        chain: list[tuple[str, str, dict[str, Any]]] = [(name, kind, params)]
        if any(border) and not wrapped:
            padding = [side for each in border for side in (each, each)]
            before = (self._free(f"{name}_pad"), f"ZeroPadding{len(border)}D", {"padding": padding})
            chain.insert(0, before)
        shape = item.get("shape")
        fed = shape.get("input") if isinstance(shape, dict) else None
        if kind == "Dense" and isinstance(fed, list) and len(fed) > 1:
            # The original flattened before every fully connected layer, as Caffe does.
            chain.insert(0, (self._free(f"{name}_flatten"), "Flatten", {}))
        phase = item["info"].get("phase")
        before_id = ""
        for number, (called, type_name, values) in enumerate(chain):
            fresh = f"n{len(self.nodes):05}"
            declared = LAYERS.get(type_name)
            whole = complete(declared, values) if declared else values
            left, top = _position(item)
            top -= 50.0 * (len(chain) - 1 - number)
            chosen: Phase = PHASES.get(phase, "both") if type(phase) is int else "both"
            self.nodes.append(Node(fresh, type_name, called, whole, (left, top), chosen))
            if before_id:
                self.edges.append(Edge(before_id, fresh))
            else:
                self.entries[identity] = fresh
            before_id = fresh
        self.ends[identity] = before_id
        if wrapped:
            self.entries[wrapped] = self.entries[identity]

    def _made(self, identity: str, name: str) -> tuple[str, dict[str, Any], list[int]]:
        """A layer's type and parameters, and the border that goes around its input."""
        item = self.items[identity]
        original = item["info"]["type"]
        values = Values(_params(item), set())
        rule = RULES.get(original)
        if rule is None:
            return *self._same(original, values, name), []
        kind, params = rule(values)
        params = {key: value for key, value in params.items() if value is not None}
        border: list[int] = []
        if original in ("Convolution", "Pooling"):
            pads = values.window("pad", 0)
            kind, params, border = _bordered(kind, params, pads, values)
        for key, value in values.given.items():
            if key not in values.used | WITHOUT_EFFECT and value not in (
                None,
                "",
                False,
                "None",
                0,
            ):
                self._lost(name, key, value)
        if kind not in LAYERS:
            self.diagnostics.append(diagnose(UNKNOWN, name=name, kind=kind[:60]))
        return kind, params, border

    def _same(self, kind: str, values: Values, name: str) -> tuple[str, dict[str, Any]]:
        """A layer that has the same name in the catalogue, or that nobody knows."""
        declared = LAYERS.get(kind)
        if declared is None:
            self.diagnostics.append(diagnose(UNKNOWN, name=name, kind=kind[:60]))
            return kind[:200] or "Layer", dict(values.given)
        params: dict[str, Any] = {}
        for key, value in values.given.items():
            own = OURS.get(key, key)
            if key in ("dim", "slice_point"):
                params[own] = values.dims(key)[1 if key == "dim" else 0 :]
            elif own in declared.params:
                preset = declared.params[own].typed_default
                is_number = isinstance(preset, int | float) and not isinstance(preset, bool)
                given = values.number(key) if is_number or _is_number(value) else value
                if given not in (None, ""):
                    # Axis 1 is that of the channels, which are last here.
                    params[own] = -1 if (own, given) == ("axis", 1) else given
            elif key not in WITHOUT_EFFECT and value not in (None, "", False, 0):
                self._lost(name, key, value)
        return kind, params

    def _name(self, identity: str, item: dict[str, Any]) -> str:
        props = item.get("props")
        name = props.get("name") if isinstance(props, dict) else None
        return self._free(name if isinstance(name, str) and name else identity)

    def _free(self, stem: str) -> str:
        stem = _ILLEGAL.sub("_", stem)[:150] or "layer"
        name = stem
        while name in self.names:
            self.names[stem] += 1
            name = f"{stem}_{self.names[stem]}"
        self.names[name] = 0
        return name

    def _lost(self, name: str, key: str, value: object) -> None:
        self.diagnostics.append(diagnose(NOT_KEPT, name=name, key=key[:60], value=f"{value!r:.60}"))


def _bordered(
    kind: str, params: dict[str, Any], pads: list[Any], values: Values
) -> tuple[str, dict[str, Any], list[int]]:
    """The layer with a border as wide as stated; the border itself where nothing else says it."""
    kernel = params.get("kernel_size") or params.get("pool_size") or values.window("kernel", None)
    wide = all(type(each) is int and each >= 0 for each in pads)
    if kind == "Pooling" or (wide and any(pads) and kind.endswith("Pooling2D")):
        params = {
            "kernel_size": kernel,
            "strides": values.window("stride"),
            "pad": pads,
            "pool": values.text("pool", "MAX"),
            "round_mode": "FLOOR",
        }
        return "CaffePooling2D", params, []
    if not wide or not any(pads):
        return kind, params, []
    dilation = params.get("dilation_rate", [1] * len(pads))
    is_same = all(
        type(size) is int and type(rate) is int and step == 1 and 2 * pad == (size - 1) * rate
        for size, rate, step, pad in zip(
            kernel, dilation, params.get("strides", []), pads, strict=True
        )
    )
    if is_same:
        return kind, {**params, "padding": "same"}, []
    return kind, params, pads


def _params(item: dict[str, Any]) -> dict[str, Any]:
    """The parameters without what the editor says of each."""
    params = item.get("params")
    if not isinstance(params, dict):
        raise _malformed("the parameters of a layer are not an object")
    return {
        key: value[0]
        if isinstance(value, list) and len(value) == 2 and isinstance(value[1], bool)
        else value
        for key, value in params.items()
    }


def _ids(value: Any, identity: str) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _malformed(f"the connections of {identity:.60} are not a list of layers")
    return value


def _position(item: dict[str, Any]) -> tuple[float, float]:
    state = item.get("state")
    found = [
        _NUMBER.match(str(state.get(side, "")))
        for side in ("left", "top")
        if isinstance(state, dict)
    ]
    numbers = [float(each.group()) for each in found if each and len(each.group()) < 9]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else (0.0, 0.0)


def _is_number(value: object) -> bool:
    return isinstance(value, str) and bool(_NUMBER.fullmatch(value.strip()))


def _malformed(reason: str) -> GraphError:
    return GraphError([diagnose(MALFORMED, reason=reason)])

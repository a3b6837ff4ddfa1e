"""Fillers: how learned numbers start."""

from __future__ import annotations

from typing import Any

from exporters.caffe.schema import View
from exporters.caffe.text import Fields, Quoted
from layers.diagnostics import Problem

FILLER = Problem(
    "caffe.filler",
    "{name}: the filler {filler} has no counterpart here; another initializer takes its place.",
    "Choose an initializer, or load weights.",
    severity="warning",
)
INITIALIZER = Problem(
    "caffe.initializer",
    "{name}: Caffe has no filler like {initializer}; xavier takes its place.",
    "Choose another initializer, or export with weights.",
    severity="warning",
)
MODES = {"FAN_IN": "fan_in", "FAN_OUT": "fan_out", "AVERAGE": "fan_avg"}


def initializer(filler: View, default: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """A filler as one of our initializers; None where there is none like it. Raises GraphError."""
    if not filler.fields:
        return default or {"type": "Zeros"}
    kind = filler.get("type")
    if kind == "constant":
        value = filler.get("value")
        named = {0.0: "Zeros", 1.0: "Ones"}.get(value)
        return {"type": named} if named else {"type": "Constant", "value": value}
    if kind == "gaussian":
        if filler.get("sparse") >= 0:
            return None
        return {
            "type": "RandomNormal",
            "mean": filler.get("mean"),
            "stddev": abs(filler.get("std")),
        }
    if kind == "uniform":
        return {"type": "RandomUniform", "minval": filler.get("min"), "maxval": filler.get("max")}
    mode = filler.get("variance_norm")
    if kind == "xavier":
        named = {"FAN_IN": "LecunUniform", "AVERAGE": "GlorotUniform"}.get(mode)
        return {"type": named} if named else _scaling(1.0, mode, "uniform")
    if kind == "msra":
        return _scaling(2.0, mode, "untruncated_normal")
    return None


def _scaling(scale: float, mode: str, distribution: str) -> dict[str, Any]:
    return {
        "type": "VarianceScaling",
        "scale": scale,
        "mode": MODES[mode],
        "distribution": distribution,
    }


def filler(value: Any) -> Fields | None:
    """One of our initializers (its plain form) as a filler; None where Caffe has none like it."""
    kind = value.get("type")
    if kind in ("Zeros", "Ones", "Constant"):
        number = {"Zeros": 0.0, "Ones": 1.0}.get(kind, value.get("value"))
        return {"type": [Quoted("constant")], "value": [number]}
    if kind == "RandomNormal":
        made: Fields = {"type": [Quoted("gaussian")]}
        if value["mean"]:
            made["mean"] = [value["mean"]]
        return {**made, "std": [value["stddev"]]}
    if kind == "RandomUniform":
        return {"type": [Quoted("uniform")], "min": [value["minval"]], "max": [value["maxval"]]}
    if kind in ("LecunUniform", "GlorotUniform"):
        made = {"type": [Quoted("xavier")]}
        return made if kind == "LecunUniform" else {**made, "variance_norm": ["AVERAGE"]}
    if kind == "VarianceScaling":
        named = {(1.0, "uniform"): "xavier", (2.0, "untruncated_normal"): "msra"}.get(
            (value["scale"], value["distribution"])
        )
        if named:
            mode = {ours: theirs for theirs, ours in MODES.items()}[value["mode"]]
            made = {"type": [Quoted(named)]}
            return made if mode == "FAN_IN" else {**made, "variance_norm": [mode]}
    return None

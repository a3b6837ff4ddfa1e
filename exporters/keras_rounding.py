"""What the configuration of a layer of Keras 3 says of numbers that are rounded (``quantize``), and
of kernels that were tuned by an addition of low rank (``enable_lora``). Neither is a parameter of a
layer here: weights are read as what they stand for (:mod:`exporters.keras_weights.rounded`).

https://keras.io/api/dtype_policies/ and https://arxiv.org/abs/2106.09685
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.diagnostics import Diagnostic, Problem, diagnose

ROUNDED = Problem(
    "keras.rounded",
    "{count:layer computes|layers compute} with numbers rounded to {modes} in the file, the first"
    " of them {name}; here their weights are what these stand for, and nothing is rounded on its"
    " way, so results differ where tensors were.",
    "Quantize the model anew in Keras after an export.",
    severity="warning",
)
TUNED = Problem(
    "keras.tuned",
    "{count:layer was|layers were} tuned by an addition of low rank (LoRA), the first of them"
    " {name}; it is part of their kernels here.",
    "Enable it anew in Keras to go on tuning so.",
    severity="hint",
)
BARE = Problem(
    "keras.rounded_bare",
    "{name} repeats a layer that is rounded to {mode}; Keras 3 leaves out its scale there and"
    " computes with the whole numbers alone, which is not done here.",
    "Compare it with the model as it was before it was quantized.",
    severity="warning",
)
MARK = "_from_"
"""Between how numbers are rounded and the policy around, in the name of a policy."""


@dataclass(frozen=True, slots=True)
class Rounding:
    """How one layer was rounded and tuned.

    Attributes:
        mode: as the file spells it: ``int8``, ``int4/128``; empty where it does not say.
        alpha: by which, divided by the rank, an addition of low rank is multiplied; None for the
            rank itself.
    """

    mode: str = ""
    alpha: float | None = None


PLAIN = Rounding()


def policy_name(value: Any) -> Any:
    """The name of a dtype policy, without what it rounds: what it is itself, or its
    configuration's.
    """
    config = value.get("config") if isinstance(value, dict) else None
    if not isinstance(config, dict):
        name = value
    elif "default_policy" in config:
        return policy_name(config["default_policy"]) or "float32"
    else:
        name = config.get("source_name", config.get("name"))
    is_rounded = isinstance(name, str) and MARK in name
    return name.partition(MARK)[2] if is_rounded else name


def policy_mode(value: Any) -> str:
    """How a dtype policy rounds numbers; empty where it does not."""
    config = value.get("config") if isinstance(value, dict) else None
    if not isinstance(config, dict):
        name = value
    elif isinstance(config.get("policy_map"), dict):
        several = [*config["policy_map"].values(), config.get("default_policy")]
        return next((mode for item in several if (mode := _flat_mode(item))), "")
    else:
        name = config.get("mode", config.get("name"))
        if "mode" in config:
            return name[:20] if isinstance(name, str) else ""
    return name.partition(MARK)[0][:20] if isinstance(name, str) and MARK in name else ""


def _flat_mode(value: Any) -> str:
    """The same for a policy in a map, which holds no map."""
    config = value.get("config") if isinstance(value, dict) else None
    is_map = isinstance(config, dict) and "policy_map" in config
    return "" if is_map else policy_mode(value)


@dataclass
class Roundings:
    """Which layers of a file are rounded, and which were tuned, by their names.

    Attributes:
        rounded: how, for each layer that is rounded.
        bare: the same for those in a TimeDistributed, of which Keras forgets the scale.
        tuned: those with an addition of low rank.
    """

    rounded: dict[str, str] = field(default_factory=dict)
    bare: dict[str, str] = field(default_factory=dict)
    tuned: list[str] = field(default_factory=list)

    def note(self, config: Mapping[str, Any], name: str) -> None:
        """Take in what a layer's configuration says."""
        mode = policy_mode(config.get("dtype"))
        if mode:
            self.rounded[name] = mode
        repeated = config.get("layer")
        inner = repeated.get("config") if isinstance(repeated, dict) else None
        mode = policy_mode(inner.get("dtype")) if isinstance(inner, dict) else ""
        if mode and mode != "float8":
            self.bare[name] = mode
        if config.get("lora_rank"):
            self.tuned.append(name)

    def told(self) -> Iterator[Diagnostic]:
        """One diagnostic for all that are rounded, one for all that were tuned."""
        if self.rounded:
            modes = sorted({mode.partition("/")[0] for mode in self.rounded.values()})
            first, shown = next(iter(self.rounded)), ", ".join(modes)[:60]
            yield diagnose(ROUNDED, count=len(self.rounded), modes=shown, name=first[:60])
        for name, mode in self.bare.items():
            yield diagnose(BARE, name=name[:60], mode=mode.partition("/")[0])
        if self.tuned:
            yield diagnose(TUNED, count=len(self.tuned), name=self.tuned[0][:60])


def roundings(config: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Rounding]:
    """How each layer of a model's configuration was rounded and tuned, by its name behind those of
    the models it lies in; the others are absent.
    """
    layers = config.get("layers") if isinstance(config, dict) else config
    made: dict[tuple[str, ...], Rounding] = {}
    for item in layers if isinstance(layers, list) else []:
        inner = item.get("config") if isinstance(item, dict) else None
        if not isinstance(inner, dict):
            continue
        names = (*path, str(item.get("name") or inner.get("name")))
        if "layers" in inner:
            made |= roundings(inner, names)
        wrapped = inner.get("layer")
        around = wrapped.get("config") if isinstance(wrapped, dict) else None
        own = around if isinstance(around, dict) else inner
        alpha = own.get("lora_alpha")
        given = float(alpha) if isinstance(alpha, int | float) else None
        found = Rounding(policy_mode(own.get("dtype")), given)
        if found != PLAIN:
            made[names] = found
    return made

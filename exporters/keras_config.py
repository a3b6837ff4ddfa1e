"""A layer's parameters as a Keras configuration, and back, without Keras.

Parameters carry Keras' names, so most of it is the same dictionary. What differs by *kind* of
parameter (an initializer is an object with a module and a class name) is settled here once for all
layers; what differs in one layer is settled by that layer's ``to_keras`` and ``from_keras``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from exporters.keras_functions import function_of
from exporters.keras_rounding import Roundings, policy_name
from layers.declared import Declared, Variant
from layers.diagnostics import Diagnostic, Problem, diagnose
from layers.layer import LAYERS, Layer
from layers.params import Function, Inner, Nullable, Of, Param
from layers.variants import Constraint, Initializer, Regularizer

NOT_KEPT = Problem(
    "keras.not_kept",
    "{name}: {key}={value} has no counterpart here and is left out.",
    "Check that the network does not depend on it.",
    severity="warning",
)
HARD_SIGMOID = Problem(
    "keras.hard_sigmoid",
    "{name}: hard_sigmoid of Keras {version} is steeper than that of Keras 3, so results differ a"
    " little.",
    "Train the network again, or choose sigmoid.",
    severity="warning",
)

MODULES: dict[type[Variant], str] = {
    Initializer: "keras.initializers",
    Regularizer: "keras.regularizers",
    Constraint: "keras.constraints",
}

SETTLED = frozenset(
    {
        "name",
        "trainable",  # of layers without weights
        "batch_input_shape",
        "batch_shape",
        "input_length",
        "implementation",
        "input_dtype",
        "build_input_shape",
        "autocast",
        "quantization_config",  # of a layer that is rounded, which its dtype says
        "gptq_unpacked_column_size",
        "lora_rank",
        "lora_alpha",
    }
)
"""Names in a Keras configuration that say nothing about what is computed, or that are read
elsewhere.
"""

USUAL: Mapping[str, tuple[object, ...]] = {
    "data_format": ("channels_last",),
    "sparse": (False,),
    "ragged": (False,),
    "optional": (False,),
    "rms_scaling": (False,),
    "renorm": (False,),
    "renorm_momentum": (0.99,),
    "time_major": (False,),
    "use_cudnn": ("auto", True),
    "fused": (True,),
    "unroll": (False,),
    "zero_output_for_mask": (False,),
}
"""Further names, with the values at which they change nothing (None always does so)."""

OWN_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
"""Classes that Keras exports under another name than they write into files."""

DISTRIBUTIONS = {"normal": "truncated_normal"}
"""Keras' own older spelling in VarianceScaling."""


def layer_object(kind: type[Layer], config: dict[str, Any]) -> dict[str, Any]:
    """A layer as Keras writes it into a configuration: one of its own, or one registered there."""
    if kind.package == "keras":
        return keras_object("keras.layers", kind.__name__, config)
    registered = {"registered_name": f"{kind.package}>{kind.__name__}"}
    return keras_object(kind.package, kind.__name__, config) | registered


def legal_model_name(name: str) -> str:
    """A network's name as Keras and TensorFlow take it: the name of a model is the root of the
    scopes in which its graph is made (``tf.Graph.name_scope``), and Keras wants no slash. The names
    of layers are checked with the network.
    """
    legal = re.sub(r"[^A-Za-z0-9_.>-]", "_", name)
    return legal if re.match(r"[A-Za-z0-9.]", legal) else f"network{legal}"


def policy(name: str = "float32") -> dict[str, Any]:
    """A dtype policy as Keras writes it."""
    return keras_object("keras", "DTypePolicy", {"name": name})


def keras_object(module: str, class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    """An object as Keras writes it into a configuration."""
    return {
        "module": module,
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


def module_of(variant: Variant) -> str:
    """The Keras module of an initializer, regularizer or constraint."""
    kind = type(variant)
    for family, module in MODULES.items():
        if issubclass(kind, family):
            return module
    raise KeyError(kind.__name__)


Spell: TypeAlias = Callable[[Layer | Variant], Any]
"""How initializers and the like, and layers inside a layer, are spelt: as objects, calls, code."""


def spelt(
    kind: type[Layer], values: Mapping[str, Any], spell: Spell, common: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """A layer's typed values under Keras' argument names, after what all layers have in common."""
    own = {
        key: spelt_value(value, spell)
        for key, value in values.items()
        if key not in kind.call_params
    }
    return kind.to_keras({**common, **own})


def spelt_value(value: Any, spell: Spell) -> Any:
    """One value as Keras takes it: sizes as lists."""
    if isinstance(value, Layer | Variant):
        return spell(value)
    return list(value) if isinstance(value, tuple) else value


def to_config(layer: Layer, name: str) -> dict[str, Any]:
    """The Keras configuration of a layer under a name."""
    common = {} if layer.max_inputs == 0 else {"trainable": True, "dtype": policy()}
    return {"name": name, **spelt(type(layer), layer.values, _as_object, common)}


def _as_object(thing: Layer | Variant) -> dict[str, Any]:
    kind = type(thing).__name__
    if isinstance(thing, Layer):
        return layer_object(type(thing), to_config(thing, kind.lower()))
    config = {key: spelt_value(value, _as_object) for key, value in thing.values.items()}
    return keras_object(module_of(thing), kind, config)


class ConfigReader:
    """Reads Keras configurations of layers, and notes what it cannot keep.

    Args:
        generation: of the Keras that wrote them: 1, 2 or 3.

    Attributes:
        diagnostics: what could not be kept.
        keeps_channels_first: whether a layer since this was last unset keeps channels first.
        roundings: which layers Keras 3 rounded, or tuned by an addition of low rank.
    """

    def __init__(self, generation: int = 3) -> None:
        self.generation = generation
        self.diagnostics: list[Diagnostic] = []
        self.keeps_channels_first = False
        self.roundings = Roundings()

    def params(self, kind: type[Layer], config: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The complete parameters of a layer. A value that is not legal stays as it is, for the
        analysis to name.
        """
        given = dict(config)
        self.roundings.note(given, name)
        if given.get("data_format") == "channels_first":
            self.keeps_channels_first = True
            del given["data_format"]
        if kind.max_inputs == 0 and "batch_input_shape" in given:
            given.setdefault("batch_shape", given["batch_input_shape"])
        given = kind.from_keras(given)
        found: dict[str, Any] = {}
        others: dict[str, Any] = {}
        for key, value in given.items():
            param = kind.params.get(key)
            if param is not None:
                found[key] = self._value(param, key, value, name)
            elif value is not None and key not in SETTLED and value not in USUAL.get(key, ()):
                others[key] = policy_name(value) if key == "dtype" else value
        params = complete(kind, found)
        if others.get("dtype") == "float32":
            del others["dtype"]
        if others:
            self._tell_lost(kind, params, others, name)
        if self.generation < 3 and "hard_sigmoid" in given.values():
            self.diagnostics.append(diagnose(HARD_SIGMOID, name=name, version=self.generation))
        return params

    def _value(self, param: Param[Any], key: str, value: Any, name: str) -> Any:
        inner = param.inner if isinstance(param, Nullable) else param
        if value is None:
            return None
        if isinstance(inner, Of):
            return self._variant(inner.family, value, name)
        if isinstance(inner, Inner):
            return self._layer(value, name)
        if isinstance(inner, Function):
            found, notes = function_of(value, name, self.generation)
            self.diagnostics.extend(notes)
            return found
        if inner.kind == "axis" and isinstance(value, list) and len(value) == 1:
            # tf.keras wrote the axis of BatchNormalization as a list.
            return value[0]
        return value

    def _variant(self, family: type[Variant], value: Any, name: str) -> Any:
        """An initializer or its like, from an object or from a name such as ``glorot_uniform``."""
        kind = value.get("class_name") if isinstance(value, dict) else value
        if not isinstance(kind, str):
            return value
        wanted = kind.replace("_", "").lower()
        alternative = next((name for name in family.alternatives if name.lower() == wanted), None)
        if alternative is None:
            return {"type": kind}
        variant = family.alternatives[alternative]
        config = value.get("config") if isinstance(value, dict) else None
        made: dict[str, Any] = {}
        for key, item in (config if isinstance(config, dict) else {}).items():
            if key in variant.params:
                is_name = key == "distribution" and isinstance(item, str)
                made[key] = DISTRIBUTIONS.get(item, item) if is_name else item
            elif item is not None and key not in ("dtype", "name"):
                self._lost(name, key, item)
        return {"type": alternative, **complete(variant, made)}

    def _layer(self, value: Any, name: str) -> Any:
        """The layer inside a wrapper."""
        kind = LAYERS.get(str(value.get("class_name"))) if isinstance(value, dict) else None
        config = value.get("config") if isinstance(value, dict) else None
        if kind is None or not isinstance(config, dict):
            return {"type": str(value.get("class_name"))} if isinstance(value, dict) else value
        return {"type": kind.__name__, **self.params(kind, config, name)}

    def _tell_lost(
        self, kind: type[Layer], params: dict[str, Any], others: dict[str, Any], name: str
    ) -> None:
        """Note members of a configuration that are no parameters, unless the layer has just this
        value always, so that it is written back.
        """
        values, mistakes = kind.check(params)
        own = {} if mistakes else to_config(kind.of(values), name)
        for key, value in others.items():
            written = own.get(key)
            if (policy_name(written) if key == "dtype" else written) != value:
                self._lost(name, key, value)

    def _lost(self, name: str, key: str, value: object) -> None:
        self.diagnostics.append(diagnose(NOT_KEPT, name=name, key=key[:60], value=f"{value!r:.60}"))


def complete(kind: type[Declared], found: dict[str, Any]) -> dict[str, Any]:
    """The given values with every gap filled by its default, typed values in their plain form."""
    values, mistakes = kind.check(found)
    wrong = {mistake.param for mistake in mistakes}
    typed = {
        key: kind.params[key].plain(value) for key, value in values.items() if key not in wrong
    }
    raw = {key: found[key] for key in found if key in wrong}
    return {key: (typed | raw)[key] for key in kind.params if key in typed or key in raw}

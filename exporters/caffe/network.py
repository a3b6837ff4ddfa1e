"""The layers of a file, old syntaxes brought up to date: V0 and V1 layers, `input` at the top,
transformations inside data layers, BatchNorm and Scale made one; and phases from rules.

Source: https://github.com/BVLC/caffe (upgrade_proto.cpp, net.cpp)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from exporters.caffe.forks import plain
from exporters.caffe.layer import LOST, OUTER, Spec
from exporters.caffe.schema import View, layer, net
from exporters.caffe.text import Fields, Quoted
from exporters.weights import Array
from layers.diagnostics import Diagnostic, GraphError, Problem, diagnose
from layers.graph import MAX_NODES, TOO_LARGE, Phase

NO_LAYERS = Problem(
    "caffe.no_layers", "The file describes no layer.", "Choose a file that describes a network."
)
LEFT_OUT = Problem(
    "caffe.left_out",
    "{name} belongs to a stage or level that is never reached by default, and is left out.",
    "Remove the rule from the file to keep the layer.",
    severity="warning",
)
BAD_BLOB = Problem(
    "caffe.blob",
    "{name} has weights of the shape {shape}, but {count} numbers.",
    "Download or save the file again.",
)
V1_TYPES = {
    "ABSVAL": "AbsVal",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "DATA": "Data",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "ELU": "ELU",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "IM2COL": "Im2col",
    "LRN": "LRN",
    "MVN": "MVN",
    "PRELU": "PReLU",
    "RELU": "ReLU",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "TANH": "TanH",
}
V0_TYPES = {
    "conv": ("Convolution", "convolution_param"),
    "innerproduct": ("InnerProduct", "inner_product_param"),
    "pool": ("Pooling", "pooling_param"),
    "lrn": ("LRN", "lrn_param"),
    "relu": ("ReLU", ""),
    "dropout": ("Dropout", "dropout_param"),
    "softmax": ("Softmax", ""),
    "concat": ("Concat", "concat_param"),
    "softmax_loss": ("SoftmaxWithLoss", ""),
    "accuracy": ("Accuracy", ""),
    "data": ("Data", "data_param"),
    "euclidean_loss": ("EuclideanLoss", ""),
    "flatten": ("Flatten", ""),
    "split": ("Split", ""),
    "sigmoid": ("Sigmoid", ""),
    "tanh": ("TanH", ""),
    "bnll": ("BNLL", ""),
    "padding": ("Padding", "convolution_param"),
    "images": ("ImageData", "image_data_param"),
    "hdf5_data": ("HDF5Data", "hdf5_data_param"),
}
V0_FIELDS = {"biasterm": "bias_term", "kernelsize": "kernel_size", "batchsize": "batch_size"}
V0_TRANSFORMS = {
    "cropsize": "crop_size",
    "meanfile": "mean_file",
    "scale": "scale",
    "mirror": "mirror",
}
V0_OUTER = ("name", "type", "blobs", "blobs_lr", "weight_decay")
DATA_PARAMS = ("data_param", "image_data_param", "window_data_param")
FACTOR = "_factor"
"""How the Flatten of a Scale's second input is called, behind the name of the Scale."""
TRANSFORMS = ("scale", "mean_file", "crop_size", "mirror")


def specs(fields: Fields) -> tuple[list[Spec], list[Diagnostic]]:
    """The layers of a network in order, and what was left out. Raises GraphError."""
    view = net(fields)
    found: list[Fields] = []
    for name in ("layers", "layer"):
        for value in fields.get(name, ()):
            if not isinstance(value, dict):
                view.refuse(name, value, "a message")
            found.append(_current(value) if name == "layers" else value)
    if len(found) > MAX_NODES:
        raise GraphError([diagnose(TOO_LARGE, count=len(found), things="layers", limit=MAX_NODES)])
    notes: list[Diagnostic] = []
    state = view.sub("state")
    made = _inputs(view)
    stages, level = set(state.all("stage")), state.get("level")
    for item in found:
        spec, rules = _spec(item)
        phase = _phase(rules, stages, level)
        if phase is None:
            notes.append(diagnose(LEFT_OUT, name=spec.name[:60]))
        else:
            spec.phase = phase
            made.append(spec)
    if not made:
        raise GraphError([diagnose(NO_LAYERS)])
    return [plain(spec) for spec in folded(spread(padded(merged(made))))], notes


def _inputs(view: View) -> list[Spec]:
    """The inputs named at the top of the file as Input layers. Raises GraphError."""
    names = view.all("input")
    shapes = [shape.all("dim") for shape in view.subs("input_shape")]
    dims = view.all("input_dim")
    if not shapes and dims:
        shapes = [dims[start : start + 4] for start in range(0, len(dims), 4)]
    made = []
    given = {str(top) for item in view.fields.get("layer", ()) for top in tops_of(item)}
    for place, name in enumerate(names):
        if name in given:
            continue
        shape = shapes[min(place, len(shapes) - 1)] if shapes else []
        fields: Fields = {"input_param": [{"shape": [{"dim": list(shape)}]}]} if shape else {}
        made.append(Spec(name, "Input", [], [name], fields))
    return made


def tops_of(fields: object) -> list[object]:
    """What a layer gives where nothing feeds it."""
    is_entrance = isinstance(fields, dict) and not fields.get("bottom")
    return list(fields.get("top", ())) if is_entrance and isinstance(fields, dict) else []


def _spec(fields: Fields) -> tuple[Spec, View]:
    """A layer's outer fields. Raises GraphError."""
    owner = fields.get("name", ["a layer"])[-1]
    view = layer(fields, str(owner) if isinstance(owner, str) else "a layer")
    inner = {key: values for key, values in fields.items() if key not in OUTER}
    for transformed in DATA_PARAMS:
        for value in inner.get(transformed, ()):
            if isinstance(value, dict) and any(key in value for key in TRANSFORMS):
                moved = {key: value[key] for key in TRANSFORMS if key in value}
                rest = {key: value[key] for key in value if key not in TRANSFORMS}
                inner |= {transformed: [rest]}
                inner["transform_param"] = [{**moved, **view.sub("transform_param").fields}]
    bottoms, tops = view.all("bottom"), view.all("top")
    name = view.get("name") or (tops[0] if tops else view.get("type"))
    blobs = [blob(item, name) for item in view.subs("blobs")]
    product = view.sub("inner_product_param")
    if product.get("transpose"):
        # The same numbers the other way round.
        rest = {key: values for key, values in product.fields.items() if key != "transpose"}
        inner |= {"inner_product_param": [rest]}
        blobs[:1] = [matrix.T for matrix in blobs[:1] if matrix.ndim == 2] or blobs[:1]
    lost = fields.get(LOST, [])
    return Spec(name, view.get("type"), bottoms, tops, inner, blobs, lost=lost), view


def blob(view: View, name: str) -> Array:
    """The numbers of a blob in its shape, as they lie in the file. Raises GraphError."""
    values: Any = view.fields.get("data") or view.fields.get("double_data") or [np.zeros(0, "f4")]
    array = values[-1]
    if not isinstance(array, np.ndarray):
        array = np.array(
            [view.typed(view.descriptor.fields_by_name["data"], v) for v in values], "f4"
        )
    if view.has("shape"):
        shape = view.sub("shape").all("dim")
    elif any(view.has(axis) for axis in ("num", "channels", "height", "width")):
        shape = [view.get(axis) for axis in ("num", "channels", "height", "width")]
    else:
        shape = [array.size]
    if any(size < 0 for size in shape) or math.prod(shape) != array.size or len(shape) > 32:
        text = " × ".join(str(size) for size in shape[:8])
        raise GraphError([diagnose(BAD_BLOB, name=name[:60], shape=text, count=array.size)])
    made: Array = array.reshape(shape)
    return made


def _current(fields: Fields) -> Fields:
    """A V1 (or V0) layer in the current syntax. Raises GraphError."""
    if fields.get("layer") and isinstance(fields["layer"][-1], dict):
        fields = _first(fields["layer"][-1], fields)
    made = {
        key: values
        for key, values in fields.items()
        if key not in ("blobs_lr", "weight_decay", "param")
    }
    kind = fields.get("type", [""])[-1]
    if not isinstance(kind, Quoted):
        words = str(kind)
        named = V1_TYPES.get(words) or "".join(part.capitalize() for part in words.split("_"))
        made["type"] = [Quoted(named.replace("Hdf5", "HDF5"))]
    rates, decays, names = (fields.get(key, []) for key in ("blobs_lr", "weight_decay", "param"))
    params: list[Fields] = []
    for place in range(max(len(rates), len(decays), len(names))):
        param: Fields = {}
        if place < len(names) and isinstance(names[place], Quoted):
            param["name"] = [names[place]]
        if place < len(rates):
            param["lr_mult"] = [rates[place]]
        if place < len(decays):
            param["decay_mult"] = [decays[place]]
        params.append(param)
    return {**made, "param": params} if params else made


def _first(inner: Fields, outer: Fields) -> Fields:
    """A V0 layer as V1 has it: flat fields sorted into the messages of their layers."""
    kind = str(inner.get("type", [""])[-1])
    named, param = V0_TYPES.get(kind, (kind, ""))
    made: Fields = {key: values for key, values in inner.items() if key in V0_OUTER}
    made["type"] = [Quoted(named)]
    settings: Fields = {}
    transforms: Fields = {}
    for key, values in inner.items():
        if key in V0_OUTER:
            continue
        if key in V0_TRANSFORMS and named in ("Data", "ImageData"):
            transforms[V0_TRANSFORMS[key]] = values
        else:
            settings[V0_FIELDS.get(key, key)] = values
    if settings and param:
        made[param] = [settings]
    if transforms:
        made["transform_param"] = [transforms]
    for key in ("bottom", "top"):
        if key in outer:
            made[key] = outer[key]
    return made


def _phase(view: View, stages: set[str], level: int) -> Phase | None:
    """In which phase a layer is there, by its rules; None where it never is. Raises GraphError."""
    include, exclude = view.subs("include"), view.subs("exclude")

    def meets(rule: View, phase: str, extra: set[str]) -> bool:
        have = stages | extra
        return (
            (not rule.has("phase") or rule.get("phase") == phase)
            and (not rule.has("min_level") or level >= rule.get("min_level"))
            and (not rule.has("max_level") or level <= rule.get("max_level"))
            and all(stage in have for stage in rule.all("stage"))
            and not any(stage in have for stage in rule.all("not_stage"))
        )

    # Networks for all purposes name stages after what they are for.
    present = []
    for phase, extras in (("TRAIN", {"train"}), ("TEST", {"val", "test"})):
        if include:
            is_there = any(meets(rule, phase, extras) for rule in include)
        else:
            is_there = not any(meets(rule, phase, extras) for rule in exclude)
        present.append(is_there)
    if all(present):
        return "both"
    return "train" if present[0] else "test" if present[1] else None


def merged(found: list[Spec]) -> list[Spec]:
    """Layers that stand twice, once for each phase, and do the same: once for both."""
    made: list[Spec] = []
    places: dict[str, int] = {}
    for spec in found:
        place = places.get(spec.name)
        if place is not None and {made[place].phase, spec.phase} == {"train", "test"}:
            other = made[place]
            if other.same_as(spec):
                other.phase = "both"
                continue
        places[spec.name] = len(made)
        made.append(spec)
    return made


def padded(found: list[Spec]) -> list[Spec]:
    """Each V0 padding in the convolutions behind it, as Caffe itself brings it up to date."""
    users: dict[str, list[Spec]] = {}
    for spec in found:
        for bottom in spec.bottoms:
            users.setdefault(bottom, []).append(spec)
    made: list[Spec] = []
    for spec in found:
        behind = [user for top in spec.tops for user in users.get(top, ())]
        given, *others = (_convolution(each) for each in (spec, *behind))
        if (
            spec.type != "Padding"
            or not (others and given.get("pad") and len(spec.bottoms) == 1)
            or any(user.type != "Convolution" or user.bottoms != spec.tops for user in behind)
            or any("pad" in settings for settings in others)
        ):
            made.append(spec)
            continue
        for user, settings in zip(behind, others, strict=True):
            user.fields = {
                **user.fields,
                "convolution_param": [{**settings, "pad": given["pad"]}],
            }
            user.bottoms = list(spec.bottoms)
    return made


def _convolution(spec: Spec) -> Fields:
    found = spec.fields.get("convolution_param", [{}])[-1]
    return found if isinstance(found, dict) else {}


def folded(found: list[Spec]) -> list[Spec]:
    """Each BatchNorm with the Scale that alone takes what it gives, as one layer."""
    users: dict[str, list[int]] = {}
    norms: dict[str, int] = {}
    pairs: dict[int, int] = {}
    for place, spec in enumerate(found):
        for bottom in spec.bottoms:
            users.setdefault(bottom, []).append(place)
        if (
            spec.type == "Scale"
            and len(spec.bottoms) == len(spec.tops) == 1
            and (norm := norms.get(spec.bottoms[0])) is not None
            and found[norm].phase == spec.phase
            and _is_by_channel(spec)
        ):
            later = [user for user in users[spec.bottoms[0]] if user > norm]
            if later == [place]:
                pairs[norm] = place
        for top in spec.tops:
            norms.pop(top, None)
            users[top] = []
            if spec.type == "BatchNorm" and len(spec.tops) == 1:
                norms[top] = place
    # A blob whose name is used again belongs to the pair only if nobody else reads it.
    for norm, place in list(pairs.items()):
        top = found[norm].tops[0]
        if found[place].tops[0] != top and any(
            top in spec.bottoms for spec in found[place + 1 :][:200]
        ):
            del pairs[norm]
    gone = set(pairs.values())
    for norm, place in pairs.items():
        found[norm].scale = found[place]
        found[norm].tops = found[place].tops
    return [spec for place, spec in enumerate(found) if place not in gone]


def spread(found: list[Spec]) -> list[Spec]:
    """Each Scale by one number a channel with the Flatten that we write before it, as one layer."""
    made: list[Spec] = []
    for spec in found:
        before = made[-1] if made else None
        if (
            before is not None
            and before.type == "Flatten"
            and before.name == f"{spec.name}{FACTOR}"
            and spec.type == "Scale"
            and spec.bottoms[1:] == before.tops
            and len(before.bottoms) == 1
        ):
            spec.bottoms = [spec.bottoms[0], *before.bottoms]
            made.pop()
        made.append(spec)
    return made


def _is_by_channel(spec: Spec) -> bool:
    view = layer(spec.fields, spec.name).sub("scale_param")
    return bool(view.get("axis") == 1 and view.get("num_axes") == 1)

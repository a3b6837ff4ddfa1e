"""Layers that are kept as their text: why, and what they give, where their type says it.

Sources: https://github.com/weiliu89/caffe (ssd), https://github.com/rbgirshick/caffe-fast-rcnn,
https://github.com/alexgkendall/caffe-segnet, https://github.com/hszhao/PSPNet
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from exporters.caffe.layer import Spec, dims_to_ours
from exporters.caffe.text import Fields
from layers.catalog.caffe_pooling import windows
from layers.diagnostics import Invalid
from layers.tensor import Dim, Shape

Giver: TypeAlias = "Callable[[Fields, Shape], Sequence[Dim] | None]"
"""From settings and the shape of what comes first (ours) the shape of a sample of the output."""

OTHER = "the palette has nothing like it"
UNSIZED = "the shape of what it takes is unknown"
SETTINGS = "it has settings that the palette's layer does not have"
TIME = "time comes first there, and a second input says where sequences begin"
BOXES = "it makes and chooses boxes, which is no layer of the palette"
PLACES = "it puts values back to the places that a pooling tells"
REASONS = {
    "LSTM": TIME,
    "RNN": TIME,
    "Recurrent": TIME,
    "Lstm": TIME,
    "BLSTM": TIME,
    "Python": "it is a program, and programs in files are never run",
    "PriorBox": BOXES,
    "DetectionOutput": BOXES,
    "MultiBoxLoss": BOXES,
    "Proposal": BOXES,
    "ROIPooling": "the places that it pools come as numbers, one after the other",
    "PSROIPooling": "the places that it pools come as numbers, one after the other",
    "Pooling": "it tells the places of the largest values, too",
    "Upsample": PLACES,
    "Unpooling": PLACES,
    "Reorg": "the order in which it takes channels is its own",
}
"""Why a type is kept, where its reader has not said it."""
ALIKE = (
    "BN", "Normalize", "Swish", "Clip", "ReLU6", "Scale", "Bias", "PReLU", "Softmax", "MVN",
    "BatchNorm", "SpatialDropout", "Noise",
)  # fmt: skip
"""Types that give what has the shape of what they take."""
SCALES = {"scale", "scale_h", "scale_w", "pad_out_h", "pad_out_w"}
"""Settings of SegNet's Upsample beside the sizes."""
GIVERS: dict[str, Giver] = {}
LIMIT = 1 << 20
MOST = 100
"""Aspect ratios that are looked at: each is compared to all before it."""


def reason_of(spec: Spec, shapes: Sequence[Shape | None], *, is_read: bool) -> str:
    """Why a layer is kept as its text."""
    if spec.type in REASONS or not is_read:
        return REASONS.get(spec.type, OTHER)
    return UNSIZED if None in shapes else SETTINGS


def given_by(spec: Spec, shapes: Sequence[Shape | None]) -> list[Dim] | None:
    """The shape of a sample of the first output, ours; None where it is unknown."""
    if not spec.bottoms:
        return _data(spec.fields)
    giver = GIVERS.get(spec.type)
    if giver is None or not shapes or shapes[0] is None:
        return None
    with suppress(ValueError, TypeError, IndexError, ZeroDivisionError, Invalid):
        made = giver(spec.fields, shapes[0])
        if made and len(made) < 8 and all(size is None or 0 < size < LIMIT for size in made):
            return list(made)
    return None


def _gives(*kinds: str) -> Callable[[Giver], Giver]:
    def declare(giver: Giver) -> Giver:
        GIVERS.update(dict.fromkeys(kinds, giver))
        return giver

    return declare


def _message(fields: Fields, name: str) -> Fields:
    found = fields.get(name, [{}])[-1]
    return found if isinstance(found, dict) else {}


def _number(settings: Fields, name: str, default: int = 0) -> int:
    """A whole number as the file has it. Raises ValueError."""
    return int(str(settings.get(name, [default])[-1]))


def _is_true(settings: Fields, name: str, default: str = "false") -> bool:
    return str(settings.get(name, [default])[-1]) in ("true", "True", "1")


def _data(fields: Fields) -> list[Dim] | None:
    """Images, as far as what is done to them says how large they are."""
    transform = _message(fields, "transform_param")
    if not transform:
        return None
    with suppress(ValueError):
        sized = _message(transform, "resize_param")
        crop = _number(transform, "crop_size")
        size = [crop or _number(sized, name) for name in ("height", "width")]
        is_gray, is_color = (_is_true(transform, f"force_{kind}") for kind in ("gray", "color"))
        channels = len(transform.get("mean_value", ()))
        if is_gray or is_color or channels == 3:
            return [*(side if 0 < side < LIMIT else None for side in size), 1 if is_gray else 3]
    return None


@_gives(*ALIKE)
def _alike(fields: Fields, shape: Shape) -> Sequence[Dim]:
    return shape[1:]


@_gives("PriorBox")
def _priors(fields: Fields, shape: Shape) -> Sequence[Dim] | None:
    """Corners of all boxes and their variances, for each place of an image."""
    settings = _message(fields, "prior_box_param")
    _, height, width, _ = shape
    if height is None or width is None:
        return None
    is_flipped = _is_true(settings, "flip", "true")
    ratios = [1.0]
    for given in settings.get("aspect_ratio", ())[:MOST]:
        ratio = float(str(given))
        if all(abs(ratio - other) >= 1e-6 for other in ratios):
            ratios += [ratio, 1 / ratio] if is_flipped else [ratio]
    boxes = len(ratios) * len(settings.get("min_size", ())) + len(settings.get("max_size", ()))
    # TextBoxes looks at every place several times.
    times = max(1, len(settings.get("offset_h", ())), len(settings.get("offset_w", ())))
    return [height * width * boxes * times * 4, 2]


@_gives("LSTM", "RNN")
def _sequences(fields: Fields, shape: Shape) -> Sequence[Dim] | None:
    """(time, batch, units) there: the second axis is our last one."""
    if "true" in _message(fields, "recurrent_param").get("expose_hidden", ()):
        return None
    return [_number(_message(fields, "recurrent_param"), "num_output"), shape[-1]]


@_gives("Reshape")
def _reshaped(fields: Fields, shape: Shape) -> Sequence[Dim] | None:
    """What mixes samples, where all sizes are stated."""
    settings = _message(fields, "reshape_param")
    sizes = [int(str(size)) for size in _message(settings, "shape").get("dim", ())]
    if settings.keys() != {"shape"} or len(sizes) < 2 or min(sizes) < 1:
        return None
    return dims_to_ours(sizes)[1:]


@_gives("DetectionOutput")
def _detections(fields: Fields, shape: Shape) -> Sequence[Dim]:
    return [None, 7, 1]


@_gives("ROIPooling", "ROIAlign")
def _regions(fields: Fields, shape: Shape) -> Sequence[Dim]:
    for name in ("roi_pooling_param", "roi_align_param"):
        settings = _message(fields, name)
        if settings:
            return [_number(settings, "pooled_h"), _number(settings, "pooled_w"), shape[-1]]
    raise ValueError


@_gives("PSROIPooling")
def _sensitive_regions(fields: Fields, shape: Shape) -> Sequence[Dim]:
    settings = _message(fields, "psroi_pooling_param")
    side = _number(settings, "group_size")
    return [side, side, _number(settings, "output_dim")]


@_gives("Upsample", "Unpooling")
def _upsampled(fields: Fields, shape: Shape) -> Sequence[Dim] | None:
    settings = _message(fields, "upsample_param")
    _, *around, channels = shape
    stated = [_number(settings, f"upsample_{axis}") for axis in ("h", "w")]
    if all(stated):
        return [*stated, channels]
    if settings.keys() - SCALES:
        return [None, None, channels]
    factors = [_number(settings, f"scale_{axis}", _number(settings, "scale")) for axis in "hw"]
    less = [_is_true(settings, f"pad_out_{axis}") for axis in "hw"]
    parts = zip(around, factors, less, strict=True)
    return [*(size * by - cut if size and by else None for size, by, cut in parts), channels]


@_gives("Interp")
def _resized(fields: Fields, shape: Shape) -> Sequence[Dim]:
    """Forks take zoom_factor for different sizes: only stated ones are sure."""
    settings = _message(fields, "interp_param")
    return [*(_number(settings, name) or None for name in ("height", "width")), shape[-1]]


@_gives("Reorg")
def _reordered(fields: Fields, shape: Shape) -> Sequence[Dim]:
    settings = _message(fields, "reorg_param")
    stride = _number(settings, "stride")
    _, *around, channels = shape
    if "reverse" in settings or any(size is not None and size % stride for size in around):
        raise ValueError
    deep = None if channels is None else channels * stride**2
    return [*(None if size is None else size // stride for size in around), deep]


@_gives("Pooling")
def _pooled(fields: Fields, shape: Shape) -> Sequence[Dim]:
    """What a pooling with a second output gives at the first."""
    settings = _message(fields, "pooling_param")
    _, *around, channels = shape
    kernel = _number(settings, "kernel_size")
    stride, pad = _number(settings, "stride", 1), _number(settings, "pad")
    sizes = [None if size is None else windows(size, kernel, stride, pad) for size in around]
    return [*sizes, channels]

"""Images made larger: the Upsample of YOLO's forks, which repeats each value, and DeepLab's Interp
of a single place.
"""

from __future__ import annotations

from exporters.caffe.operation import End, Opaque, Out, Step, reads, writes


@reads("Upsample")
def upsample(step: Step) -> list[End]:
    end = step.one()
    [settings] = step.spec.fields.get("upsample_param", [{}])[-1:]
    if not isinstance(settings, dict) or settings.keys() != {"scale"} or len(step.shape()) != 4:
        raise Opaque("its settings are those of another fork")
    factor = str(settings["scale"][-1])
    if not factor.isdecimal() or not 0 < int(factor) < 1000:
        raise Opaque("its factor is not a whole number")
    step.view.used.add("upsample_param")
    return step.own("UpSampling2D", {"size": [int(factor)] * 2}, end)


@reads("Interp")
def interpolation(step: Step) -> list[End]:
    """Corners are those of the image there, which matters nowhere but where there is one place."""
    end, shape = step.one(), step.shape()
    [settings] = step.spec.fields.get("interp_param", [{}])[-1:]
    if shape[1:-1] != (1, 1) or not isinstance(settings, dict):
        raise Opaque
    sizes = [str(settings.get(name, [""])[-1]) for name in ("height", "width")]
    if settings.keys() != {"height", "width"} or not all(
        size.isdecimal() and 0 < int(size) < 10_000 for size in sizes
    ):
        raise Opaque
    step.view.used.add("interp_param")
    return step.own("UpSampling2D", {"size": [int(size) for size in sizes]}, end)


@writes("UpSampling2D")
def write_upsample(out: Out) -> None:
    values = out.layer.values
    height, width = values["size"]
    if out.inputs[0].shape[1:-1] == (1, 1):
        # Whatever the interpolation, one value fills the image.
        out.emit("Interp", {"interp_param": [{"height": [height], "width": [width]}]})
        return
    if values["interpolation"] != "nearest" or height != width:
        out.refuse("only Upsample of YOLO's forks is like it, which repeats values alike both ways")
    out.emit("Upsample", {"upsample_param": [{"scale": [height]}]})

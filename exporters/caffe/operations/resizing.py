"""Images made larger or smaller: the Upsample of YOLO's forks, which repeats each value, and the
Interp of DeepLab's.
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
    """To a size; forks take a zoom_factor for different ones.

    Source: https://github.com/hszhao/PSPNet (interp_layer.cpp)
    """
    end, shape = step.one(), step.shape()
    [settings] = step.spec.fields.get("interp_param", [{}])[-1:]
    if not isinstance(settings, dict) or settings.keys() != {"height", "width"} or len(shape) != 4:
        raise Opaque("only where height and width are given is it sure how large its images become")
    sizes = [str(settings[name][-1]) for name in ("height", "width")]
    if not all(size.isdecimal() and 0 < int(size) < 10_000 for size in sizes):
        raise Opaque("its sizes are not whole numbers")
    step.view.used.add("interp_param")
    size = [int(text) for text in sizes]
    if shape[1:-1] == (1, 1):
        return step.own("UpSampling2D", {"size": size}, end)
    return step.own("Interpolation2D", {"target_size": size}, end)


@writes("Interpolation2D")
def write_interpolation(out: Out) -> None:
    values = out.layer.values
    if values["align"] != "corners" or values["interpolation"] != "bilinear":
        out.refuse("only Interp of DeepLab's forks is like it, which lays corners on corners")
    height, width = out.outputs[0].shape[1:-1]
    if height is None or width is None:
        out.refuse("its size depends on the input's, which is not known")
    out.emit("Interp", {"interp_param": [{"height": [height], "width": [width]}]})


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

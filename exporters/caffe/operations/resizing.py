"""Images made larger: the Upsample of YOLO's forks, which repeats each value."""

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


@writes("UpSampling2D")
def write_upsample(out: Out) -> None:
    values = out.layer.values
    height, width = values["size"]
    if values["interpolation"] != "nearest" or height != width:
        out.refuse("only Upsample of YOLO's forks is like it, which repeats values alike both ways")
    out.emit("Upsample", {"upsample_param": [{"scale": [height]}]})

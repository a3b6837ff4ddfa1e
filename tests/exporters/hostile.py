"""Files that are made to harm, by what is wrong with them: for the tests of bounds at the border of
a process and over HTTP.
"""

from __future__ import annotations

import io
import json
import pickle
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py

from exporters.format import write
from exporters.zoo import zoo

Make = Callable[[Path], bytes]


def _model(*layers: Any) -> str:
    return json.dumps({"class_name": "Sequential", "config": {"name": "s", "layers": layers}})


def _dense(**config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": "d", "units": 2, **config}}


def _zip(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target.getvalue()


def _keras(**members: bytes) -> bytes:
    config = _model(_dense(batch_shape=[None, 3])).encode()
    return _zip({"config.json": config, "metadata.json": b"{}"} | members)


def _hdf5(fill: Callable[[h5py.File], object]) -> Make:
    def make(folder: Path) -> bytes:
        path = folder / "made.h5"
        with h5py.File(path, "w") as file:
            file.attrs["model_config"] = _model(_dense(batch_input_shape=[None, 3]))
            fill(file)
        return path.read_bytes()

    return make


def _packed(file: h5py.File) -> None:
    """A gigabyte of zeros in a megabyte."""
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = [b"d"]
    layer = group.create_group("d")
    layer.attrs["weight_names"] = [b"d/kernel"]
    size, part = 2**14, 2**12
    data = layer.create_dataset("d/kernel", (size, size), "f4", chunks=(part, part), compression=9)
    packed = zlib.compress(bytes(4 * part * part), 9)
    for row in range(0, size, part):
        for column in range(0, size, part):
            data.id.write_direct_chunk((row, column), packed)


def _cycle(_: Path) -> bytes:
    layers = [
        {
            "class_name": "Dense",
            "name": name,
            "config": {"name": name, "units": 1},
            "inbound_nodes": [[[source, 0, 0, {}]]],
        }
        for name, source in (("a", "b"), ("b", "a"))
    ]
    ends = {"input_layers": [["a", 0, 0]], "output_layers": [["b", 0, 0]]}
    config = {"name": "m", "layers": layers, **ends}
    return json.dumps({"class_name": "Functional", "config": config}).encode()


def _itself(_: Path) -> bytes:
    """Models in models, each twice in the next one: 2^15 layers."""
    inner: Any = _dense()
    for depth in range(15):
        inner = {
            "class_name": "Sequential",
            "name": f"m{depth}",
            "config": {"name": f"m{depth}", "layers": [inner, dict(inner, name="again")]},
        }
    return _model(inner).encode()


MILLION = ",".join(['{"class_name":"Dense","config":{}}'] * 900_000)

HOSTILE: dict[str, tuple[str, Make]] = {
    "a zip bomb": (
        "model.keras",
        lambda _: _zip({"config.json": bytes(300 * 2**20), "metadata.json": b"{}"}),
    ),
    "a zip bomb of weights": (
        "model.keras",
        lambda _: _keras(**{"model.weights.h5": b"\x89HDF\r\n\x1a\n" + bytes(280 * 2**20)}),
    ),
    "a member outside of the archive": (
        "model.keras",
        lambda _: _keras(**{"../../etc/cron.d/x": b"x"}),
    ),
    "an archive that is cut off": (
        "model.keras",
        lambda _: write(zoo()["dnn"].graph, "keras")[:5000],
    ),
    "weights that are none": ("model.keras", lambda _: _keras(**{"model.weights.h5": b"x" * 999})),
    "a link to another file": (
        "model.h5",
        _hdf5(lambda file: file.__setitem__("model_weights", h5py.ExternalLink("/etc/x.h5", "/"))),
    ),
    "a link in a circle": (
        "model.h5",
        _hdf5(lambda file: file.__setitem__("model_weights", h5py.SoftLink("/model_weights"))),
    ),
    "a gigabyte of zeros": ("model.h5", _hdf5(_packed)),
    "a file that is cut off": (
        "model.h5",
        lambda _: write(zoo()["dnn"].graph, "keras_h5")[:5000],
    ),
    "nearly a million layers": (
        "model.json",
        lambda _: f'{{"class_name":"Sequential","config":[{MILLION}]}}'.encode(),
    ),
    "a list of two million numbers": (
        "model.json",
        lambda _: b'{"class_name":"Sequential","config":[' + b"0," * 2_500_000 + b"0]}",
    ),
    "deep brackets": ("model.json", lambda _: b"[" * 5_000_000),
    "deep models": ("model.json", _itself),
    "layers in a circle": ("model.json", _cycle),
    "no UTF-8": ("model.json", lambda _: _model(_dense()).encode("utf-16-le")),
    "a number without an end": ("model.json", lambda _: b'{"class_name": ' + b"9" * 2_000_000),
    "numbers that are too large": (
        "model.json",
        lambda _: _model(_dense(bias=0)).replace("0}", "1e999}").encode(),
    ),
    "types that are wrong": ("model.json", lambda _: _model(7, [], "x").encode()),
    "anchors in anchors": (
        "model.yaml",
        lambda _: (
            "class_name: Sequential\na0: &a0 [x]\n"
            + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
            + "config: *a9\n"
        ).encode(),
    ),
    "a pickle": ("model.h5", lambda _: pickle.dumps({"model": list(range(9))})),
}
"""File name and content by what is wrong."""

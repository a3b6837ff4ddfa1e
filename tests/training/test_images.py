"""Images from outside: within limits, in the shape of the samples, as the data set shows them."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from layers.diagnostics import GraphError
from training.images import MAX_BYTES, fit_image, picture_shape, read_image, to_data_url, to_png

INK = np.zeros((8, 8, 1), np.uint8)
INK[2:6, 3:5] = 255


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(GraphError) as caught:
        read_image(data)
    assert "\n" not in str(caught.value)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("stored", "shape"),
    [
        ((28, 28, 1), (28, 28, 1)),
        ((32, 32, 3), (32, 32, 3)),
        ((28, 28), (28, 28, 1)),
        ((64,), (8, 8, 1)),
        ((63,), None),
        ((4,), None),
        ((None,), None),
        ((5, 5, 2), None),
        ((2, 2, 2, 2), None),
    ],
)
def test_what_is_a_picture(stored: Any, shape: Any) -> None:
    assert picture_shape(stored) == shape


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_an_image_of_the_right_size_is_not_touched(kind: str) -> None:
    pixels, said = fit_image(read_image(encoded(Image.fromarray(INK[..., 0]), kind)), (64,), True)
    np.testing.assert_array_equal(pixels, INK)
    assert said == []


def test_a_png_of_ours_is_read_back_exactly() -> None:
    colours = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    for pixels in (INK, colours):
        again, _ = fit_image(read_image(to_png(pixels)), pixels.shape, dark=False)
        np.testing.assert_array_equal(again, pixels)
    assert base64.b64decode(to_data_url(INK).partition(",")[2]) == to_png(INK)


def test_dark_ink_on_light_ground_is_swapped_for_dark_data() -> None:
    page = Image.fromarray(255 - INK[..., 0]).resize((80, 80), Image.Resampling.NEAREST)
    pixels, said = fit_image(read_image(encoded(page)), (8, 8, 1), dark=True)
    np.testing.assert_allclose(pixels.astype(int), INK, atol=30)
    assert said == [
        "Light and dark were swapped: the samples are light on dark.",
        "The image of 80 × 80 was resized to 8 × 8.",
    ]
    same, said = fit_image(read_image(encoded(page)), (8, 8, 1), dark=False)
    assert same[0, 0] == 255
    assert len(said) == 1


@pytest.mark.parametrize("is_dark", [True, False])
@pytest.mark.parametrize(("size", "at"), [((120, 120), (70, 5)), ((200, 90), (150, 40))])
def test_a_figure_comes_to_the_middle_as_large_as_those_of_the_samples(
    size: tuple[int, int], at: tuple[int, int], is_dark: bool
) -> None:
    ground, ink = (0, 255) if is_dark else (255, 0)
    page = Image.new("L", size, ground)
    page.paste(ink, (*at, at[0] + 20, at[1] + 40))
    pixels, said = fit_image(read_image(encoded(page)), (28, 28, 1), dark=True, figure=20 / 28)
    rows, columns, _ = np.nonzero(pixels > 127)
    assert (rows.min(), rows.max()) == (4, 23)
    assert (columns.min(), columns.max()) == (9, 18)
    assert said[-1] == "The figure was brought to the middle, as large as those of the samples."
    assert fit_image(read_image(to_png(pixels)), (28, 28, 1), dark=True, figure=20 / 28)[1] == []


CROSS = Image.new("L", (60, 60))
CROSS.paste(255, (0, 20, 60, 30))
CROSS.paste(255, (20, 0, 30, 60))


def test_the_heavier_end_of_a_figure_lies_nearer_to_the_middle() -> None:
    page = Image.new("L", (120, 120))
    page.paste(255, (10, 10, 15, 50))
    page.paste(255, (10, 40, 30, 50))
    pixels, _ = fit_image(page, (28, 28, 1), dark=True, figure=20 / 28)
    weight = pixels[:, :, 0].astype(float)
    for axis in (0, 1):
        assert np.average(np.arange(28) + 0.5, weights=weight.sum(axis=axis)) == pytest.approx(
            14, abs=0.5
        )


DUST = Image.new("L", (2000, 2000))
DUST.putpixel((100, 200), 255)
DUST.putpixel((1800, 1900), 255)


@pytest.mark.parametrize("page", [Image.new("L", (60, 60)), CROSS, DUST])
def test_what_has_no_figure_stays_where_it_is(page: Image.Image) -> None:
    _, said = fit_image(read_image(encoded(page)), (28, 28, 1), dark=True, figure=20 / 28)
    assert "was resized to" in said[-1]


def test_a_wide_image_keeps_its_proportions() -> None:
    wide = Image.new("L", (80, 40), 255)
    wide.paste(0, (30, 0, 50, 40))
    pixels, _ = fit_image(read_image(encoded(wide)), (8, 8, 1), dark=False)
    assert (pixels[:2] > 250).all()
    assert (pixels[3:5, 4] < 60).all()


def test_colours_become_grey_and_it_is_said() -> None:
    red = Image.new("RGB", (8, 8), (200, 0, 0))
    pixels, said = fit_image(read_image(encoded(red)), (8, 8, 1), dark=False)
    assert pixels[0, 0] == 60
    assert said == ["The colours were turned into grey."]
    grey = Image.new("RGB", (8, 8), (90, 90, 90))
    assert fit_image(read_image(encoded(grey)), (8, 8, 1), dark=False)[1] == []


def test_transparency_shows_a_white_ground() -> None:
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    pixels, _ = fit_image(read_image(encoded(image)), (8, 8, 3), dark=False)
    assert (pixels == 255).all()


def test_a_photo_is_turned_upright() -> None:
    photo = Image.new("L", (8, 16), 255)
    photo.paste(0, (0, 0, 8, 2))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(encoded(photo, "JPEG", exif=exif)).size == (16, 8)


def test_a_network_without_pictures_says_so() -> None:
    with pytest.raises(GraphError) as caught:
        fit_image(Image.new("L", (8, 8)), (13,), dark=False)
    assert caught.value.diagnostics[0].code == "image.network"


@pytest.mark.parametrize(
    ("size", "stored"),
    [
        ((20, 60_000), (28, 28, 1)),
        ((10_000_000, 1), (28, 28, 3)),
        ((100, 100), (4, 1_000_000, 1)),
        ((8, 8), (30_000, 30_000, 1)),
    ],
)
def test_an_image_that_would_grow_too_large_is_refused(
    size: tuple[int, int], stored: tuple[int, ...]
) -> None:
    with pytest.raises(GraphError) as caught:
        fit_image(Image.new("L", size), stored, dark=False)
    assert caught.value.diagnostics[0].code == "image.size"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


HOSTILE = [
    ("bomb", png_of(60_000, 60_000, b""), "image.size"),
    ("just too large", png_of(8_000, 8_000, b""), "image.size"),
    ("cut short", encoded(Image.new("RGB", (300, 300)), "JPEG")[:300], "image.format"),
    ("no lines", png_of(8, 8, b""), "image.format"),
    ("text", b"this is a sentence", "image.format"),
    ("nothing", b"", "image.format"),
    ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "image.format"),
    ("tiff", encoded(Image.new("L", (8, 8)), "TIFF"), "image.format"),
    ("pdf", encoded(Image.new("L", (8, 8)), "PDF"), "image.format"),
    ("postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", "image.format"),
    ("too many bytes", b"\x89PNG" + bytes(MAX_BYTES), "image.size"),
]


@pytest.mark.parametrize(("data", "code"), [r[1:] for r in HOSTILE], ids=[r[0] for r in HOSTILE])
def test_what_is_no_image_within_limits_is_refused(data: bytes, code: str) -> None:
    assert code_of(data) == code


@settings(max_examples=60, deadline=None)
@given(
    place=st.integers(0, 10**6),
    value=st.integers(0, 255),
    kind=st.sampled_from(["PNG", "GIF", "JPEG", "WEBP", "BMP"]),
)
def test_no_changed_byte_does_worse_than_a_refusal(place: int, value: int, kind: str) -> None:
    data = bytearray(encoded(Image.fromarray(INK[..., 0]), kind))
    data[place % len(data)] = value
    with suppress(GraphError):
        pixels, _ = fit_image(read_image(bytes(data)), (8, 8, 1), dark=True)
        assert pixels.shape == (8, 8, 1)

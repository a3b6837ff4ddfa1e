"""Images from outside: read within limits, brought to the size of a data set's samples, and shown
as PNG.

Arrays are (height, width, channels) of bytes, 0 black and 255 white, with 1, 3 or 4 channels.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from layers.diagnostics import Problem
from layers.tensor import Shape, shape_text
from training.refusals import refusal

MAX_BYTES = 16 * 2**20
MAX_PIXELS = 40_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}

TOO_LARGE = Problem(
    "image.size", "The image has {size}; the limit is {limit}.", "Make the image smaller."
)
UNREADABLE = Problem(
    "image.format",
    "This is no image that can be read: {reason}.",
    "Send a PNG, JPEG, WebP, BMP or GIF file.",
)
NO_PICTURE = Problem(
    "image.network",
    "The network takes {shape} for each sample, which is no picture.",
    "Ask a network that was trained on images.",
)

Array = np.ndarray[Any, np.dtype[np.uint8]]


def picture_shape(stored: Shape) -> tuple[int, int, int] | None:
    """Height, width and channels of samples of a shape; None where they are no pictures.

    A flat sample whose length is a square is taken for a grey square picture.
    """
    known = tuple(dim for dim in stored if dim is not None)
    if len(known) != len(stored):
        return None
    if len(known) == 3 and known[2] in MODES:
        return known[0], known[1], known[2]
    if len(known) == 2:
        return known[0], known[1], 1
    if len(known) == 1:
        side = math.isqrt(known[0])
        if side * side == known[0] and side >= 4:
            return side, side, 1
    return None


def read_image(data: bytes) -> Image.Image:
    """Decode an image, upright and complete. Raises GraphError."""
    if len(data) > MAX_BYTES:
        raise refusal(TOO_LARGE, size=f"{len(data):,} bytes", limit=f"{MAX_BYTES:,} bytes")
    try:
        with warnings.catch_warnings():
            # Pillow warns of what we refuse by our own limit, which lies lower.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            width, height = image.size
            if width * height > MAX_PIXELS:
                size = f"{width:,} × {height:,} pixels"
                raise refusal(TOO_LARGE, size=size, limit=f"{MAX_PIXELS:,} pixels")
            image.load()
            return ImageOps.exif_transpose(image)
    except Image.DecompressionBombError:
        raise refusal(TOO_LARGE, size="too many pixels", limit=f"{MAX_PIXELS:,} pixels") from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError) as error:
        reason = str(error).partition("<")[0].strip().rstrip(".") or type(error).__name__
        raise refusal(UNREADABLE, reason=reason[:120]) from None


def fit_image(
    image: Image.Image, stored: Shape, dark: bool, figure: float | None = None
) -> tuple[Array, list[str]]:
    """Bring an image to the size and colours of a data set's samples.

    Args:
        image: the image.
        stored: shape of a sample as stored.
        dark: whether the samples' background is dark.
        figure: how much of a sample the longer side of its figure takes, in the middle; None where
            that differs from sample to sample.

    Returns:
        The pixels (height, width, channels), and what was done as sentences.

    Raises:
        GraphError: where samples of that shape are no pictures.
    """
    shape = picture_shape(stored)
    if shape is None:
        raise refusal(NO_PICTURE, shape=shape_text(stored))
    height, width, channels = shape
    ground = _ground_size(image.size, width / height)
    for size in (ground, (width, height)):
        if math.prod(size) > MAX_PIXELS:
            shown = f"{size[0]:,} × {size[1]:,} pixels in the proportions of the samples"
            raise refusal(TOO_LARGE, size=shown, limit=f"{MAX_PIXELS:,} pixels")
    mode = MODES[channels]
    said: list[str] = []
    if image.has_transparency_data and mode != "RGBA":
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if mode == "L" and image.mode not in ("L", "1", "LA"):
        grey = image.convert("L")
        if image.convert("RGB").tobytes() != grey.convert("RGB").tobytes():
            said.append("The colours were turned into grey.")
        image = grey
    image = image.convert(mode)
    if dark and mode == "L" and _ground(image) > 127:
        image = ImageOps.invert(image)
        said.append("Light and dark were swapped: the samples are light on dark.")
    if dark and mode == "L" and figure and image.size != (width, height):
        centred = _centred(image, (width, height), figure)
        if centred:
            image = centred
            said.append("The figure was brought to the middle, as large as those of the samples.")
    if image.size != (width, height):
        said.append(
            f"The image of {image.width} × {image.height} was resized to {width} × {height}."
        )
        if image.width * height != image.height * width:
            image = _padded(image, ground, image.getpixel((0, 0)))
        image = _resized(image, (width, height))
    pixels: Array = np.asarray(image, np.uint8).reshape(height, width, channels)
    return pixels, said


def to_png(pixels: Array) -> bytes:
    """Pixels (height, width, channels) as a PNG."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


def to_data_url(pixels: Array) -> str:
    """The same as a data address for a page."""
    return "data:image/png;base64," + base64.b64encode(to_png(pixels)).decode()


def _ground(image: Image.Image) -> float:
    """Brightness of the background, as far as the four corners show it."""
    right, bottom = image.width - 1, image.height - 1
    grey = np.asarray(image)
    return float(np.median(grey[[0, 0, bottom, bottom], [0, right, 0, right]]))


def _centred(image: Image.Image, size: tuple[int, int], figure: float) -> Image.Image | None:
    """What is lit of a grey image on a ground of a size, its centre of mass in the middle, as MNIST
    has it; None where there is none, or it has no ground around it.
    """
    grey, ground = np.asarray(image), _ground(image)
    lit = grey > (ground + float(grey.max())) / 2
    rows, columns = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    if not len(rows):
        return None
    # The edges of strokes are softer than what tells them from the ground.
    left, right = max(int(columns[0]) - 1, 0), min(int(columns[-1]) + 2, image.width)
    top, bottom = max(int(rows[0]) - 1, 0), min(int(rows[-1]) + 2, image.height)
    if (left, top, right, bottom) == (0, 0, *image.size):
        return None
    scale = figure * min(size) / max(right - left, bottom - top)
    width, height = (max(round(side * scale), 1) for side in (right - left, bottom - top))
    shown = _resized(image.crop((left, top, right, bottom)), (width, height))
    made = Image.new("L", size, round(ground))
    weight = np.maximum(np.asarray(shown, np.float64) - round(ground), 0)
    if not weight.any():
        return None
    places = [_place(weight.sum(axis=0), size[0]), _place(weight.sum(axis=1), size[1])]
    made.paste(shown, (places[0], places[1]))
    return made


def _place(weights: np.ndarray[Any, np.dtype[Any]], room: int) -> int:
    """Where a line begins whose centre of mass shall lie in the middle of a longer one."""
    centre = float(np.average(np.arange(len(weights)) + 0.5, weights=weights))
    return min(max(round(room / 2 - centre), 0), room - len(weights))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The mean of what a pixel covers: sharper filters leave ghosts beside a stroke."""
    shrinks = image.width >= size[0] and image.height >= size[1]
    return image.resize(size, Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC)


def _ground_size(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """A size made wider or higher to a ratio of width to height."""
    width, height = size
    return max(width, round(height * ratio)), max(height, round(width / ratio))


def _padded(image: Image.Image, size: tuple[int, int], colour: Any) -> Image.Image:
    """The image in the middle of a larger ground."""
    ground = Image.new(image.mode, size, colour)
    ground.paste(image, ((size[0] - image.width) // 2, (size[1] - image.height) // 2))
    return ground

"""Decodes image files of any mode, depth and orientation into pixels."""

from pathlib import Path
from typing import IO

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

DECODING_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)
"""Errors of Pillow for files that are damaged, not an image, or built to exhaust memory."""


def read_image(file: Path | IO[bytes], size: int, channels: int) -> Tensor:
    """Reads the central square of an image file, as uint8 (channels, size, size).

    The camera orientation is applied, 16-bit values are scaled to 8 bits, transparent pixels become white, and the
    first frame of an animation is used.

    Args:
        file: An image file that Pillow can read, by its path or opened.
        size: Height and width of the result, in pixels.
        channels: 1 for grey, 3 for RGB.

    Raises:
        OSError, ValueError, SyntaxError, PIL.Image.DecompressionBombError: The file cannot be read as an image.
    """
    with Image.open(file) as image:
        image.draft("RGB", (2 * size, 2 * size))
        return crop_to_square(ImageOps.exif_transpose(image), size, channels)


def describe_decoding_error(error: BaseException) -> str:
    """Describes why a file cannot be decoded, without its name and without a full stop."""
    if isinstance(error, UnidentifiedImageError):
        return "it is damaged, or not an image that Pillow can read"
    return " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__


def crop_to_square(image: Image.Image, size: int, channels: int) -> Tensor:
    """Crops an upright image to its central square, as uint8 (channels, size, size).

    Raises:
        ValueError: Its pixels are floating-point numbers, which have no known range.
    """
    image = composite_on_white(convert_to_8_bit(image))
    image = image.convert("RGB") if image.mode == "LAB" else image  # Pillow cannot convert LAB to grey directly
    square = ImageOps.fit(image.convert("L" if channels == 1 else "RGB"), (size, size), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(square))
    return pixels.unsqueeze(0) if channels == 1 else pixels.permute(2, 0, 1)


def convert_to_8_bit(image: Image.Image) -> Image.Image:
    """Scales 16-bit grey to 8 bits; Pillow's conversion would clip it to white and lose transparency.

    Raises:
        ValueError: The pixels are floating-point numbers, which have no known range.
    """
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers of unknown range")
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.float64)
    grey = Image.fromarray((values / 257).round().clip(0, 255).astype(np.uint8))
    transparent_value = image.info.get("transparency")
    if isinstance(transparent_value, int):
        grey.putalpha(Image.fromarray(np.where(values == transparent_value, 0, 255).astype(np.uint8)))
    return grey


def composite_on_white(image: Image.Image) -> Image.Image:
    """Composites an image with transparency on white."""
    if not image.has_transparency_data:
        return image
    colour = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", colour.size, "white"), colour)

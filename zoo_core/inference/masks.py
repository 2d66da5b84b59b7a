"""Masks of the holes in an image: bool arrays (height, width), true where pixels are missing."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from registry import UsageError
from zoo_core.data.decoding import composite_on_white, convert_to_8_bit
from zoo_core.inference.images import open_image
from zoo_core.interfaces.randomness import StepRandom

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]
MaskFinder = Callable[[Image.Image], Mask]
THRESHOLD = 128  # of 255; pixels are missing where a mask is at least this bright or an image less opaque than this


def choose_mask_finder(mask: Path | None, box: Box | None, seed: int | None) -> MaskFinder:
    """Chooses how to find the hole of an image: by the one argument that is not None, else by transparency."""
    if sum(value is not None for value in (mask, box, seed)) > 1:
        raise UsageError("`--mask`, `--box` and `--random` exclude each other. Use only one of them.")
    if mask is not None:
        return partial(read_mask, path=mask)
    if box is not None:
        return partial(make_box_mask, box=box)
    return _require_transparency_mask if seed is None else partial(make_random_mask, seed=seed)


def read_mask(image: Image.Image, path: Path) -> Mask:
    """Reads a mask from an image file of the same size, which is white where pixels are missing.

    Raises:
        ZooError: The mask cannot be read.
        UsageError: The mask has another size than the image.
    """
    mask = open_image(path)
    if mask.size != image.size:
        sizes = f"The mask {path} has {format_size(mask)}, but the image has {format_size(image)} (upright)"
        raise UsageError(f"{sizes}. Resize one of them.")
    return np.array(np.asarray(composite_on_white(convert_to_8_bit(mask)).convert("L")) >= THRESHOLD)


def make_box_mask(image: Image.Image, box: Box) -> Mask:
    """Makes a mask of a rectangle.

    Args:
        image: The image with the hole.
        box: Left, top, width and height, in pixels of the upright image.

    Raises:
        UsageError: The box is empty or not completely inside the image.

    Examples:
        >>> from PIL import Image
        >>> make_box_mask(Image.new("RGB", (4, 2)), (1, 0, 2, 1)).astype(int)
        array([[0, 1, 1, 0],
               [0, 0, 0, 0]])
    """
    left, top, width, height = box
    if min(left, top) < 0 or min(width, height) < 1 or left + width > image.width or top + height > image.height:
        raise UsageError(
            f"The box {left},{top},{width},{height} is not inside an image of {format_size(image)}. Write "
            "`--box X,Y,WIDTH,HEIGHT` in pixels, counted from the top left corner."
        )
    mask = np.zeros((image.height, image.width), dtype=np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


def make_transparency_mask(image: Image.Image) -> Mask:
    """Makes a mask of the pixels that are more transparent than opaque, of an image as returned by `open_image`.

    The mask is empty if the image has no transparency.
    """
    transparent_value = image.info.get("transparency")
    if image.mode == "I;16" and isinstance(transparent_value, int):
        return np.array(np.asarray(image) == transparent_value)
    if image.mode not in ("LA", "RGBA"):
        return np.zeros(image.size[::-1], dtype=np.bool_)
    return np.array(np.asarray(image.getchannel("A")) < THRESHOLD)


def make_random_mask(image: Image.Image, seed: int) -> Mask:
    """Makes a mask of a square at a random position that depends on the seed and the size of the image.

    The side of the square is half of the image's shorter side, as in the paper.
    """
    side = max(1, min(image.size) // 2)
    random = StepRandom(seed, 0, f"hole in {image.width}x{image.height}")
    left, top = (int(random.integers(0, length - side, 1)) for length in image.size)
    return make_box_mask(image, (left, top, side, side))


def format_size(image: Image.Image) -> str:
    """The size of an image as text, such as "640x480 pixels"."""
    return f"{image.width}x{image.height} pixels"


def _require_transparency_mask(image: Image.Image) -> Mask:
    mask = make_transparency_mask(image)
    if not mask.any():
        raise UsageError(
            f"This image of {format_size(image)} has no transparent pixels. Specify the hole with `--mask FILE` (white "
            "where pixels are missing), `--box X,Y,WIDTH,HEIGHT` or `--random`."
        )
    return mask

"""Where a picture is to be filled: bool (height, width), true where pixels are missing."""

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
HALF = 128  # of 255: the least white of a mask, and the least opaque of a picture


def read_mask(picture: Image.Image, path: Path) -> Mask:
    """The white part of a mask: a picture of the same size, white where the hole is.

    Raises:
        ZooError: The mask cannot be read.
        UsageError: It is of another size.
    """
    mask = open_image(path)
    if mask.size != picture.size:
        raise UsageError(
            f"The mask {path} is {format_size(mask)}, the picture {format_size(picture)} (upright). Bring them to one size."
        )
    return np.array(np.asarray(composite_on_white(convert_to_8_bit(mask)).convert("L")) >= HALF)


def make_box_mask(picture: Image.Image, box: Box) -> Mask:
    """A rectangle: left, top, width and height in pixels of the upright picture.

    Raises:
        UsageError: It is empty or not wholly inside.
    """
    left, top, width, height = box
    across, down = picture.size
    if min(left, top) < 0 or min(width, height) < 1 or left + width > across or top + height > down:
        raise UsageError(
            f"The box {left},{top},{width},{height} does not lie in a picture of {format_size(picture)}. Write "
            "`--box X,Y,WIDTH,HEIGHT` in its pixels, counted from the upper left corner."
        )
    mask = np.zeros((down, across), dtype=np.bool_)
    mask[top : top + height, left : left + width] = True
    return mask


def make_transparency_mask(picture: Image.Image) -> Mask:
    """Where a picture is more transparent than opaque; nowhere if it has no transparency.

    Args:
        picture: As `pictures.exact` gives it.
    """
    clear = picture.info.get("transparency")
    if picture.mode == "I;16" and isinstance(clear, int):
        return np.array(np.asarray(picture) == clear)
    if picture.mode not in ("LA", "RGBA"):
        return np.zeros(picture.size[::-1], dtype=np.bool_)
    return np.array(np.asarray(picture.getchannel("A")) < HALF)


def make_random_mask(picture: Image.Image, seed: int) -> Mask:
    """A square at a random place, its side half of the picture's shorter side, as the paper trains with.

    Args:
        picture: What is to get the hole.
        seed: Together with the size of the picture it decides the place.
    """
    across, down = picture.size
    side = max(1, min(across, down) // 2)
    random = StepRandom(seed, 0, f"hole in {across}x{down}")
    left, top = (int(random.integers(0, length - side, 1)) for length in (across, down))
    return make_box_mask(picture, (left, top, side, side))


def format_size(picture: Image.Image) -> str:
    """The size of a picture in words."""
    return f"{picture.width}x{picture.height} pixels"

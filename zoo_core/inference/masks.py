"""Where a picture is to be filled: bool (height, width), true where pixels are missing."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from registry import UsageError
from zoo_core.data.decoding import eight_bit, opaque
from zoo_core.inference.images import open_picture
from zoo_core.interfaces.randomness import StepRandom

Hole = NDArray[np.bool_]
Box = tuple[int, int, int, int]
HALF = 128  # of 255: the least white of a mask, and the least opaque of a picture


def mask_hole(picture: Image.Image, path: Path) -> Hole:
    """The white part of a mask: a picture of the same size, white where the hole is.

    Raises:
        ZooError: The mask cannot be read.
        UsageError: It is of another size.
    """
    mask = open_picture(path)
    if mask.size != picture.size:
        raise UsageError(
            f"The mask {path} is {in_pixels(mask)}, the picture {in_pixels(picture)} (upright). Bring them to one size."
        )
    return np.array(np.asarray(opaque(eight_bit(mask)).convert("L")) >= HALF)


def box_hole(picture: Image.Image, box: Box) -> Hole:
    """A rectangle: left, top, width and height in pixels of the upright picture.

    Raises:
        UsageError: It is empty or not wholly inside.
    """
    left, top, width, height = box
    across, down = picture.size
    if min(left, top) < 0 or min(width, height) < 1 or left + width > across or top + height > down:
        raise UsageError(
            f"The box {left},{top},{width},{height} does not lie in a picture of {in_pixels(picture)}. Write "
            "`--box X,Y,WIDTH,HEIGHT` in its pixels, counted from the upper left corner."
        )
    hole = np.zeros((down, across), dtype=np.bool_)
    hole[top : top + height, left : left + width] = True
    return hole


def transparent_hole(picture: Image.Image) -> Hole:
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


def random_hole(picture: Image.Image, seed: int) -> Hole:
    """A square at a random place, its side half of the picture's shorter side, as the paper trains with.

    Args:
        picture: What is to get the hole.
        seed: Together with the size of the picture it decides the place.
    """
    across, down = picture.size
    side = max(1, min(across, down) // 2)
    random = StepRandom(seed, 0, f"hole in {across}x{down}")
    left, top = (int(random.integers(0, length - side, 1)) for length in (across, down))
    return box_hole(picture, (left, top, side, side))


def in_pixels(picture: Image.Image) -> str:
    """The size of a picture in words."""
    return f"{picture.width}x{picture.height} pixels"

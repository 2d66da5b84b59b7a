"""Random masks: each function of MASK_FUNCTIONS draws masks for a batch of images.

Masks are (N, 1, H, W), 1 where pixels are missing and 0 where they are kept. Sizes are fractions of the images' shorter
side. All masks of a batch are drawn at once, and every row and column can be missing.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from zoo_core import StepRandom

MaskShape = Literal["square", "rectangle", "patches", "centre", "strokes"]
MaskFunction = Callable[[Tensor, float, StepRandom], Tensor]
PATCHES = 4  # per mask
STROKES = 3  # per mask
STROKE_POINTS = 24


def convert_to_pixels(images: Tensor, size: float) -> int:
    """Converts a fraction of the images' shorter side to pixels, at least one."""
    return max(1, round(size * min(images.shape[2:])))


def repeat_value(images: Tensor, value: int) -> Tensor:
    """Repeats a value for each image: (N, 1)."""
    return torch.full((len(images), 1), value, device=images.device)


def draw_boxes(images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Draws one box per mask, from positions and sizes (N, 1) in pixels."""
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    missing_rows = (rows >= top) & (rows < top + height)
    missing_columns = (columns >= left) & (columns < left + width)
    return (missing_rows[:, None, :, None] & missing_columns[:, None, None, :]).to(images.dtype)


def draw_random_boxes(images: Tensor, height: Tensor, width: Tensor, random: StepRandom) -> Tensor:
    """Draws one box per mask, with sizes (N, 1) in pixels, at a uniformly distributed position inside the image."""
    top = random.uniform(len(images), 1) * (images.shape[2] - height + 1)
    left = random.uniform(len(images), 1) * (images.shape[3] - width + 1)
    return draw_boxes(images, top.floor(), left.floor(), height, width)


def draw_squares(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Draws one square per mask at a random position. With a size of 0.5 these are the masks of the paper."""
    side = repeat_value(images, convert_to_pixels(images, size))
    return draw_random_boxes(images, side, side, random)


def draw_rectangles(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Draws one rectangle per mask at a random position, with sides between half of `size` and `size`."""
    low, high = convert_to_pixels(images, size / 2), convert_to_pixels(images, size)
    height, width = (random.integers(low, high, len(images), 1) for _ in range(2))
    return draw_random_boxes(images, height, width, random)


def draw_patches(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Draws four squares per mask, which may overlap; together they are at most as large as one square of `size`."""
    return torch.stack([draw_squares(images, size / PATCHES**0.5, random) for _ in range(PATCHES)]).amax(0)


def draw_centre_squares(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Draws one square per mask in the centre."""
    side = convert_to_pixels(images, size)
    top, left = ((length - side) // 2 for length in images.shape[2:])
    return draw_boxes(images, *(repeat_value(images, value) for value in (top, left, side, side)))


def draw_strokes(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Draws three free-form strokes per mask: random walks of a round brush with a diameter of `size` / 4."""
    count, _, height, width = images.shape
    radius = size * min(height, width) / 8
    rows, columns = (torch.arange(float(length), device=images.device) for length in (height, width))
    start = random.uniform(count, STROKES, 1, 2) * torch.tensor([height, width], device=images.device)
    points = (start + radius * random.normal(count, STROKES, STROKE_POINTS, 2).cumsum(2)).flatten(1, 2)
    distances = torch.cdist(points, torch.cartesian_prod(rows, columns).expand(count, -1, -1))
    return (distances.amin(1) <= max(1.0, radius)).view(count, 1, height, width).to(images.dtype)


MASK_FUNCTIONS: dict[MaskShape, MaskFunction] = {
    "square": draw_squares,
    "rectangle": draw_rectangles,
    "patches": draw_patches,
    "centre": draw_centre_squares,
    "strokes": draw_strokes,
}

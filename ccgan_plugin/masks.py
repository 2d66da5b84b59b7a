"""Random masks: each function draws a batch (N, 1, H, W), 1 where pixels are missing and 0 where they are kept.

All of them work on the whole batch at once and can reach every row and column. Sizes are fractions of the image.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from zoo_core import StepRandom

MaskShape = Literal["square", "rectangle", "patches", "centre", "strokes"]
MaskFunction = Callable[[Tensor, float, StepRandom], Tensor]
PATCHES = 4
STROKES = 3
STROKE_POINTS = 24


def count_pixels(images: Tensor, fraction: float) -> int:
    """A fraction of the images' shorter side in pixels, at least one."""
    return max(1, round(fraction * min(images.shape[2:])))


def repeat_value(images: Tensor, value: int) -> Tensor:
    """One value for all images: (N, 1)."""
    return torch.full((len(images), 1), value, device=images.device)


def draw_boxes(images: Tensor, top: Tensor, left: Tensor, height: Tensor, width: Tensor) -> Tensor:
    """Masks with one box each, from positions and sizes (N, 1) in pixels."""
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)
    down = (rows >= top) & (rows < top + height)
    across = (columns >= left) & (columns < left + width)
    return (down[:, None, :, None] & across[:, None, None, :]).to(images.dtype)


def place_boxes(images: Tensor, height: Tensor, width: Tensor, random: StepRandom) -> Tensor:
    """Boxes of these sizes (N, 1), uniformly placed inside the image, borders included."""
    top = random.uniform(len(images), 1) * (images.shape[2] - height + 1)
    left = random.uniform(len(images), 1) * (images.shape[3] - width + 1)
    return draw_boxes(images, top.floor(), left.floor(), height, width)


def square(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """One square of a fixed size at a random position; with size 0.5 the masks of the paper."""
    side = repeat_value(images, count_pixels(images, size))
    return place_boxes(images, side, side, random)


def rectangle(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """One rectangle, each side between half of `size` and `size`."""
    low, high = count_pixels(images, size / 2), count_pixels(images, size)
    height, width = (random.integers(low, high, len(images), 1) for _ in range(2))
    return place_boxes(images, height, width, random)


def patches(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Four squares that may overlap, together at most as large as one square of `size`."""
    return torch.stack([square(images, size / PATCHES**0.5, random) for _ in range(PATCHES)]).amax(0)


def centre(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """One square of a fixed size in the middle."""
    side = count_pixels(images, size)
    top, left = ((length - side) // 2 for length in images.shape[2:])
    return draw_boxes(images, *(repeat_value(images, value) for value in (top, left, side, side)))


def strokes(images: Tensor, size: float, random: StepRandom) -> Tensor:
    """Free-form brush strokes: random walks of round dabs with a diameter of `size` / 4 of the image."""
    count, _, height, width = images.shape
    radius = size * min(height, width) / 8
    rows, columns = (torch.arange(float(length), device=images.device) for length in (height, width))
    start = random.uniform(count, STROKES, 1, 2) * torch.tensor([height, width], device=images.device)
    dabs = (start + radius * random.normal(count, STROKES, STROKE_POINTS, 2).cumsum(2)).flatten(1, 2)
    distances = torch.cdist(dabs, torch.cartesian_prod(rows, columns).expand(count, -1, -1))
    return (distances.amin(1) <= max(1.0, radius)).view(count, 1, height, width).to(images.dtype)


MASK_FUNCTIONS: dict[MaskShape, MaskFunction] = {
    "square": square,
    "rectangle": rectangle,
    "patches": patches,
    "centre": centre,
    "strokes": strokes,
}

"""Fills holes in many pictures, and writes what comes of it."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from registry import UsageError, ZooError
from zoo_core.data.decoding import composite_on_white, convert_to_8_bit
from zoo_core.inference.images import InputImage, open_image, save_image, suffix_for
from zoo_core.inference.inpainting import InpaintingResult, inpaint_all, require_inpainter
from zoo_core.inference.masks import (
    Box,
    Mask,
    format_size,
    make_box_mask,
    make_random_mask,
    make_transparency_mask,
    read_mask,
)
from zoo_core.inference.model import Model
from zoo_core.inference.plan import check_mask
from zoo_core.inference.windows import Context

SUFFIXES = (".png", ".tif", ".sheet.png")
MaskFinder = Callable[[Image.Image], Mask]


@dataclass(frozen=True)
class Task:
    """What to do with every picture.

    Attributes:
        mask: Finds the hole of a picture.
        output: Folder to write to.
        context: See `inpaint`.
        sheets: Whether to write before | hole | after beside each picture.
    """

    mask: MaskFinder
    output: Path
    context: Context
    sheets: bool


def choose_mask_finder(mask: Path | None, box: Box | None, seed: int | None) -> MaskFinder:
    """How to find the hole: the one way that was asked for, else by transparency.

    Raises:
        UsageError: More than one way was asked for.
    """
    if sum(way is not None for way in (mask, box, seed)) > 1:
        raise UsageError("`--mask`, `--box` and `--random` each say where the hole is. Write one of them.")
    if mask is not None:
        return partial(read_mask, path=mask)
    if box is not None:
        return partial(make_box_mask, box=box)
    return _transparent if seed is None else partial(make_random_mask, seed=seed)


def check_outputs(inputs: Sequence[InputImage], output: Path, overwrite: bool) -> None:
    """Makes sure that every picture has a place of its own to go to, before any is touched.

    Raises:
        UsageError: Two would be written to the same file, or one exists and may not be replaced.
    """
    taken: dict[Path, Path] = {}
    for picture in inputs:
        other = taken.setdefault(picture.name, picture.path)
        if other is not picture.path:
            raise UsageError(
                f"{other} and {picture.path} would both be written to {output / picture.name}.png. "
                "Fill them one after the other, into different folders."
            )
    existing = [path for picture in inputs for path in _targets(picture, output) if path.exists()]
    if existing and not overwrite:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise UsageError(f"{existing[0]}{more} exists. Write `--overwrite` to replace, or another `--output`.")


def fill_all(model: Model, inputs: Sequence[InputImage], task: Task) -> Iterator[tuple[InputImage, Path | None, str]]:
    """Yields for each picture where it was written and how it was filled, or None and why it was not.

    Raises:
        UsageError: The model does not fill holes at all.
    """
    require_inpainter(model)
    read: deque[tuple[InputImage, str]] = deque()  # each with what is wrong with it, if anything
    for filled in inpaint_all(model, _sound(inputs, task, read), task.context):
        yield from _wrong(read)
        yield _write(filled, read.popleft()[0], task)
    yield from _wrong(read)


def _sound(
    inputs: Sequence[InputImage], task: Task, read: deque[tuple[InputImage, str]]
) -> Iterator[tuple[Image.Image, Mask]]:
    """Yields pictures that can be filled, each with its hole; notes all that it reads."""
    for picture in inputs:
        try:
            before = open_image(picture.path)
            mask = _find_mask(before, picture, task)
        except ZooError as error:
            read.append((picture, str(error)))
        else:
            read.append((picture, ""))
            yield before, mask


def _find_mask(before: Image.Image, picture: InputImage, task: Task) -> Mask:
    try:
        mask = task.mask(before)
        check_mask(before, mask)
    except ZooError as error:
        raise ZooError(f"{picture.path}: {error}") from error
    return mask


def _wrong(read: deque[tuple[InputImage, str]]) -> Iterator[tuple[InputImage, None, str]]:
    """Takes out what is wrong before the next that is not."""
    while read and read[0][1]:
        picture, trouble = read.popleft()
        yield picture, None, trouble


def _write(filled: InpaintingResult, picture: InputImage, task: Task) -> tuple[InputImage, Path | None, str]:
    path = _target(picture, task.output, suffix_for(filled.picture))
    try:
        save_image(filled.picture, path)
        if task.sheets:
            save_image(draw_sheet(filled), _target(picture, task.output, ".sheet.png"))
    except ZooError as error:
        return picture, None, str(error)
    return picture, path, "; ".join(filled.how)


def _transparent(picture: Image.Image) -> Mask:
    mask = make_transparency_mask(picture)
    if not mask.any():
        raise UsageError(
            f"No part of this picture of {format_size(picture)} is transparent. Say where the hole is: `--mask FILE` "
            "(white = hole), `--box X,Y,WIDTH,HEIGHT` or `--random`."
        )
    return mask


def _target(picture: InputImage, output: Path, suffix: str) -> Path:
    """The whole name of the file, and a suffix: a.jpg and a.png stay apart."""
    return output / picture.name.with_name(picture.name.name + suffix)


def _targets(picture: InputImage, output: Path) -> list[Path]:
    return [_target(picture, output, suffix) for suffix in SUFFIXES]


GAP = 8  # pixels
GREY = (128, 128, 128)


def draw_sheet(filled: InpaintingResult) -> Image.Image:
    """Before | with its hole in grey | after, in RGB on white."""
    before, after = (
        composite_on_white(convert_to_8_bit(picture)).convert("RGB") for picture in (filled.before, filled.picture)
    )
    masked_image = Image.fromarray(
        np.where(filled.mask[:, :, None], np.array(GREY, dtype=np.uint8), np.asarray(before))
    )
    across = before.width + GAP
    result = Image.new("RGB", (3 * across - GAP, before.height), "white")
    for number, picture in enumerate((before, masked_image, after)):
        result.paste(picture, (number * across, 0))
    return result

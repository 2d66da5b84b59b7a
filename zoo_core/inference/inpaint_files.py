"""Fills holes in many pictures, and writes what comes of it."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from registry import UsageError, ZooError
from zoo_core.data.decoding import eight_bit, opaque
from zoo_core.inference.images import Input, open_picture, save_picture, suffix_for
from zoo_core.inference.inpainting import Filled, in_painter, inpaint_all
from zoo_core.inference.masks import Box, Hole, box_hole, in_pixels, mask_hole, random_hole, transparent_hole
from zoo_core.inference.model import Model
from zoo_core.inference.plan import check_hole
from zoo_core.inference.windows import Context

SUFFIXES = (".png", ".tif", ".sheet.png")
HoleFinder = Callable[[Image.Image], Hole]


@dataclass(frozen=True)
class Task:
    """What to do with every picture.

    Attributes:
        hole: Finds the hole of a picture.
        output: Folder to write to.
        context: See `inpaint`.
        sheets: Whether to write before | hole | after beside each picture.
    """

    hole: HoleFinder
    output: Path
    context: Context
    sheets: bool


def hole_finder(mask: Path | None, box: Box | None, seed: int | None) -> HoleFinder:
    """How to find the hole: the one way that was asked for, else by transparency.

    Raises:
        UsageError: More than one way was asked for.
    """
    if sum(way is not None for way in (mask, box, seed)) > 1:
        raise UsageError("`--mask`, `--box` and `--random` each say where the hole is. Write one of them.")
    if mask is not None:
        return partial(mask_hole, path=mask)
    if box is not None:
        return partial(box_hole, box=box)
    return _transparent if seed is None else partial(random_hole, seed=seed)


def check_outputs(inputs: Sequence[Input], output: Path, overwrite: bool) -> None:
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


def fill_all(model: Model, inputs: Sequence[Input], task: Task) -> Iterator[tuple[Input, Path | None, str]]:
    """Yields for each picture where it was written and how it was filled, or None and why it was not.

    Raises:
        UsageError: The model does not fill holes at all.
    """
    in_painter(model)
    read: deque[tuple[Input, str]] = deque()  # each with what is wrong with it, if anything
    for filled in inpaint_all(model, _sound(inputs, task, read), task.context):
        yield from _wrong(read)
        yield _write(filled, read.popleft()[0], task)
    yield from _wrong(read)


def _sound(inputs: Sequence[Input], task: Task, read: deque[tuple[Input, str]]) -> Iterator[tuple[Image.Image, Hole]]:
    """Yields pictures that can be filled, each with its hole; notes all that it reads."""
    for picture in inputs:
        try:
            before = open_picture(picture.path)
            hole = _hole_of(before, picture, task)
        except ZooError as error:
            read.append((picture, str(error)))
        else:
            read.append((picture, ""))
            yield before, hole


def _hole_of(before: Image.Image, picture: Input, task: Task) -> Hole:
    try:
        hole = task.hole(before)
        check_hole(before, hole)
    except ZooError as error:
        raise ZooError(f"{picture.path}: {error}") from error
    return hole


def _wrong(read: deque[tuple[Input, str]]) -> Iterator[tuple[Input, None, str]]:
    """Takes out what is wrong before the next that is not."""
    while read and read[0][1]:
        picture, trouble = read.popleft()
        yield picture, None, trouble


def _write(filled: Filled, picture: Input, task: Task) -> tuple[Input, Path | None, str]:
    path = _target(picture, task.output, suffix_for(filled.picture))
    try:
        save_picture(filled.picture, path)
        if task.sheets:
            save_picture(sheet(filled), _target(picture, task.output, ".sheet.png"))
    except ZooError as error:
        return picture, None, str(error)
    return picture, path, "; ".join(filled.how)


def _transparent(picture: Image.Image) -> Hole:
    hole = transparent_hole(picture)
    if not hole.any():
        raise UsageError(
            f"No part of this picture of {in_pixels(picture)} is transparent. Say where the hole is: `--mask FILE` "
            "(white = hole), `--box X,Y,WIDTH,HEIGHT` or `--random`."
        )
    return hole


def _target(picture: Input, output: Path, suffix: str) -> Path:
    """The whole name of the file, and a suffix: a.jpg and a.png stay apart."""
    return output / picture.name.with_name(picture.name.name + suffix)


def _targets(picture: Input, output: Path) -> list[Path]:
    return [_target(picture, output, suffix) for suffix in SUFFIXES]


GAP = 8  # pixels
GREY = (128, 128, 128)


def sheet(filled: Filled) -> Image.Image:
    """Before | with its hole in grey | after, in RGB on white."""
    before, after = (opaque(eight_bit(picture)).convert("RGB") for picture in (filled.before, filled.picture))
    holed = Image.fromarray(np.where(filled.hole[:, :, None], np.array(GREY, dtype=np.uint8), np.asarray(before)))
    across = before.width + GAP
    result = Image.new("RGB", (3 * across - GAP, before.height), "white")
    for number, picture in enumerate((before, holed, after)):
        result.paste(picture, (number * across, 0))
    return result

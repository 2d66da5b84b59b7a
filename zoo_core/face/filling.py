"""Fills holes in many pictures, and writes what comes of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from registry import UsageError, ZooError
from zoo_core.face.inputs import Input
from zoo_core.use.holes import Box, Hole, box_hole, in_pixels, mask_hole, random_hole, transparent_hole
from zoo_core.use.inpainting import in_painter, inpaint
from zoo_core.use.model import Model
from zoo_core.use.pictures import open_picture, save_picture, suffix_for
from zoo_core.use.sheet import sheet
from zoo_core.use.windows import Context

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
    for picture in inputs:
        try:
            path, words = _fill(model, picture, task)
        except ZooError as error:
            yield picture, None, str(error)
        else:
            yield picture, path, words


def _fill(model: Model, picture: Input, task: Task) -> tuple[Path, str]:
    before = open_picture(picture.path)
    try:
        filled = inpaint(model, before, task.hole(before), task.context)
    except ZooError as error:
        raise ZooError(f"{picture.path}: {error}") from error
    path = _target(picture, task.output, suffix_for(filled.picture))
    save_picture(filled.picture, path)
    if task.sheets:
        save_picture(sheet(filled), _target(picture, task.output, ".sheet.png"))
    return path, "; ".join(filled.how)


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

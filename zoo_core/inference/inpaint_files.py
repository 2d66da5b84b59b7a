"""Fills holes in image files and writes the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from registry import UsageError, ZooError
from zoo_core.data.decoding import composite_on_white, convert_to_8_bit
from zoo_core.inference.images import InputImage, choose_suffix, open_image, save_image
from zoo_core.inference.inpainting import InpaintingResult, fill_plans
from zoo_core.inference.masks import MaskFinder
from zoo_core.inference.model import Model
from zoo_core.inference.plan import Context, Plan

SHEET_SUFFIX = ".sheet.png"
OUTPUT_SUFFIXES = (".png", ".tif", SHEET_SUFFIX)
SHEET_GAP = 8  # pixels between the images of a sheet
GREY = (128, 128, 128)


@dataclass(frozen=True)
class InpaintingTask:
    """How to fill each image file, the folder to write to, and whether to add sheets of before | hole | after."""

    find_mask: MaskFinder
    output: Path
    context: Context
    sheets: bool


@dataclass(frozen=True)
class FileResult:
    """The filled image and how its holes were filled, or the error that prevented it."""

    path: Path
    output: Path | None = None
    description: str | None = None
    error: str | None = None


def check_outputs(inputs: Sequence[InputImage], output: Path, overwrite: bool) -> None:
    """Checks that each image can be written to its own file, before any is filled.

    Raises:
        UsageError: Two images would be written to the same file, or a file exists and must not be replaced.
    """
    planned: dict[Path, Path] = {}
    for image in inputs:
        other = planned.setdefault(image.relative_path, image.path)
        if other is not image.path:
            raise UsageError(
                f"{other} and {image.path} would both be written to {output / image.relative_path}.png. Fill them with "
                "two commands that write to different folders."
            )
    targets = [_get_target(image, output, suffix) for image in inputs for suffix in OUTPUT_SUFFIXES]
    existing = [path for path in targets if path.exists()]
    if existing and not overwrite:
        files = f"{existing[0]} and {len(existing) - 1} more exist" if len(existing) > 1 else f"{existing[0]} exists"
        raise UsageError(f"{files}. Write `--overwrite` to replace, or name another folder with `--output`.")


def inpaint_files(model: Model, inputs: Sequence[InputImage], task: InpaintingTask) -> Iterator[FileResult]:
    """Fills image files, in their order; a file that cannot be filled does not stop the others."""
    plans = (_plan(model, image, task) for image in inputs)
    for image, result in zip(inputs, fill_plans(model, plans), strict=True):
        if isinstance(result, ZooError):
            yield FileResult(image.path, error=str(result))
        else:
            yield _write(result, image, task)


def make_sheet(result: InpaintingResult) -> Image.Image:
    """Draws before | with the hole in grey | after, in RGB on white."""
    before, after = (
        composite_on_white(convert_to_8_bit(image)).convert("RGB") for image in (result.original, result.image)
    )
    masked = np.where(result.mask[:, :, None], np.array(GREY, dtype=np.uint8), np.asarray(before))
    width = before.width + SHEET_GAP
    sheet = Image.new("RGB", (3 * width - SHEET_GAP, before.height), "white")
    for number, image in enumerate((before, Image.fromarray(masked), after)):
        sheet.paste(image, (number * width, 0))
    return sheet


def _plan(model: Model, image: InputImage, task: InpaintingTask) -> Plan | ZooError:
    """Plans how to fill a file, or returns the error that prevents it."""
    try:
        original = open_image(image.path)
    except ZooError as error:
        return error
    try:
        return Plan.make(original, task.find_mask(original), model.spec, task.context)
    except ZooError as error:
        return ZooError(f"{image.path}: {error}")


def _write(result: InpaintingResult, image: InputImage, task: InpaintingTask) -> FileResult:
    target = _get_target(image, task.output, choose_suffix(result.image))
    try:
        save_image(result.image, target)
        if task.sheets:
            save_image(make_sheet(result), _get_target(image, task.output, SHEET_SUFFIX))
    except ZooError as error:
        return FileResult(image.path, error=str(error))
    return FileResult(image.path, target, "; ".join(result.descriptions))


def _get_target(image: InputImage, output: Path, suffix: str) -> Path:
    """The file to write; its name includes the old suffix, so that a.jpg and a.png do not collide."""
    return output / image.relative_path.with_name(image.relative_path.name + suffix)

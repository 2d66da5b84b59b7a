"""`zoo inpaint`: fills holes in images."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from registry import UsageError
from zoo_core.cli.options import json_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_notes

if TYPE_CHECKING:
    from zoo_core.inference.inpaint_files import FileResult
    from zoo_core.inference.plan import Context


@click.command(name="inpaint", short_help="Fill holes in images with a trained run.")
@click.argument("run", type=Path)
@click.argument("inputs", nargs=-1, required=True, type=Path, metavar="INPUT...")
@click.option("--output", type=Path, required=True, metavar="DIR", help="Folder for the filled images.")
@click.option("--mask", type=Path, metavar="FILE", help="Mask image of the same size, white where pixels are missing.")
@click.option("--box", metavar="X,Y,WIDTH,HEIGHT", help="Rectangular hole, in pixels of the upright image.")
@click.option("--random", "at_random", is_flag=True,
              help="A square hole at a random position, half as wide as the image.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed for `--random`.")
@click.option("--context", type=click.Choice(["auto", "tiles", "resize", "whole"]), default="auto", show_default=True,
              help="How an image that is larger than the input of the network is passed to it.")  # fmt: skip
@click.option("--sheet", is_flag=True, help="Also write an image that shows before, hole and after side by side.")
@click.option("--overwrite", is_flag=True, help="Replace existing images in the output folder.")
@json_option
def command(
    run: Path,
    inputs: tuple[Path, ...],
    output: Path,
    mask: Path | None,
    box: str | None,
    at_random: bool,
    seed: int,
    context: "Context",
    sheet: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Fill holes in images of any size with the generator of RUN. INPUT is an image file or a folder of images.

    Transparent pixels are the hole, unless `--mask`, `--box` or `--random` is given. All other pixels stay unchanged:
    a.jpg becomes a.jpg.png, upright, with its EXIF data and colour profile; CMYK images become .tif.

    A hole that is at most half as thick as the network's input is filled in overlapping windows at full resolution
    (`--context tiles`). For a thicker hole, its surroundings (`resize`) or the complete image (`whole`) are resized to
    the network's input, and the result is resized back.

    The exit status is 1 if an image could not be filled; the rest are still filled.
    """
    from zoo_core.inference.images import find_images
    from zoo_core.inference.inpaint_files import InpaintingTask, check_outputs, inpaint_files
    from zoo_core.inference.loading import load_model
    from zoo_core.inference.masks import choose_mask_finder

    find_mask = choose_mask_finder(mask, _parse_box(box), seed if at_random else None)
    task = InpaintingTask(find_mask, output, context, sheet)
    images = find_images(inputs)
    check_outputs(images, output, overwrite)
    model = load_model(run, load_plugins_with_warning().catalogue)
    print_notes(model.notes)
    results = []
    for result in inpaint_files(model, images, task):
        _print_result(result, only_errors=as_json)
        results.append(result)
    if as_json:
        print_json([_to_dict(result) for result in results])
    if any(result.error for result in results):
        sys.exit(1)


def _print_result(result: "FileResult", only_errors: bool) -> None:
    if result.error:
        click.echo(f"zoo: {result.error}", err=True)
    elif not only_errors:
        click.echo(f"{result.output}: {result.description}")


def _to_dict(result: "FileResult") -> dict[str, Any]:
    output = None if result.output is None else str(result.output)
    return {"input": str(result.path), "output": output, "how": result.description, "error": result.error}


def _parse_box(box: str | None) -> tuple[int, int, int, int] | None:
    if box is None:
        return None
    try:
        left, top, width, height = (int(number) for number in box.split(","))
    except ValueError:
        raise UsageError(f"'{box}' is not a box. Write `--box X,Y,WIDTH,HEIGHT` with whole numbers.") from None
    return left, top, width, height

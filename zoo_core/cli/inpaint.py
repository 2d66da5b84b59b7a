"""`zoo inpaint`: fills holes in people's own pictures."""

from pathlib import Path
from typing import Any

import click

from registry import UsageError
from zoo_core.cli.output import json_option, load_installed_plugins, print_json


@click.command(name="inpaint", short_help="Fill holes in pictures with a trained run.")
@click.argument("run", type=Path)
@click.argument("inputs", nargs=-1, required=True, type=Path, metavar="INPUT...")
@click.option("--output", type=Path, required=True, metavar="DIR", help="Folder to write the pictures to.")
@click.option("--mask", type=Path, metavar="FILE", help="Picture of the same size, white where the hole is.")
@click.option("--box", metavar="X,Y,WIDTH,HEIGHT", help="The hole as a rectangle, in pixels of the upright picture.")
@click.option("--random", "at_random", is_flag=True, help="A square at a random place, half as wide as the picture.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Decides the place of `--random`.")
@click.option("--context", type=click.Choice(["auto", "tiles", "resize", "whole"]), default="auto", show_default=True,
              help="How a picture larger than the network's is shown to it.")  # fmt: skip
@click.option("--sheet", is_flag=True, help="Write before | hole | after beside each picture.")
@click.option("--overwrite", is_flag=True, help="Replace pictures that exist in the output folder.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    /,
    run: Path,
    inputs: tuple[Path, ...],
    output: Path,
    mask: Path | None,
    box: str | None,
    at_random: bool,
    seed: int,
    sheet: bool,
    overwrite: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Fill holes in pictures of any size: files, or folders of them, with the generator of RUN.

    The hole is where a picture is transparent, unless `--mask`, `--box` or `--random` says where. One no thicker than
    half of the network's image is filled in overlapping windows of the picture's own pixels (tiles); around a thicker
    one, the picture is brought to the network's size and back (resize), or all of it (whole). All other pixels stay as
    they are, bit by bit: a.jpg becomes a.jpg.png, upright, with its EXIF data and colour profile; pictures in CMYK
    become .tif. Exits with 1 if one could not be filled; the others are.
    """
    from zoo_core.inference.images import find_images
    from zoo_core.inference.inpaint_files import Task, check_outputs, choose_mask_finder, fill_all
    from zoo_core.inference.loading import load_model

    task = Task(choose_mask_finder(mask, _parsed(box), seed if at_random else None), output, choice["context"], sheet)
    pictures = find_images(inputs)
    check_outputs(pictures, output, overwrite)
    model = load_model(run, load_installed_plugins().catalogue)
    click.echo("".join(f"{remark}\n" for remark in model.remarks), err=True, nl=False)
    done = list(_told(fill_all(model, pictures, task), as_json))
    if as_json:
        print_json(done)
    context.exit(1 if any(result["error"] for result in done) else 0)


def _told(results: Any, quiet: bool) -> Any:
    """Says of each picture what became of it, as it is done."""
    for picture, path, words in results:
        if path is None:
            click.echo(f"zoo: {words}", err=True)
        elif not quiet:
            click.echo(f"{path}: {words}")
        made = {"output": None if path is None else str(path), "how": None if path is None else words}
        yield {"input": str(picture.path), **made, "error": words if path is None else None}


def _parsed(box: str | None) -> tuple[int, int, int, int] | None:
    if box is None:
        return None
    try:
        left, top, width, height = (int(number) for number in box.split(","))
    except ValueError:
        raise UsageError(f"'{box}' is no box. Write `--box X,Y,WIDTH,HEIGHT` in whole pixels.") from None
    return left, top, width, height

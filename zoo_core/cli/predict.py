"""`zoo predict`: which class people's own pictures show."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table

if TYPE_CHECKING:
    from zoo_core.inference.prediction import Prediction

HEADER = ("file", "class", "probability")


@click.command(name="predict", short_help="Tell which class pictures show.")
@click.argument("run", type=Path)
@click.argument("inputs", nargs=-1, required=True, type=Path, metavar="INPUT...")
@click.option("--output", type=Path, metavar="FILE.csv", help="Write file, class and probability to a CSV file.")
@click.option("--overwrite", is_flag=True, help="Replace that file if it exists.")
@json_option
@click.pass_context
def command(
    context: click.Context, run: Path, inputs: tuple[Path, ...], output: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Tell which class pictures show, and how probably: files, or folders of them, by the discriminator of RUN.

    Probabilities are calibrated: a temperature makes them fit the validation images. Exits with 1 if a picture could
    not be read; the others are told.
    """
    from zoo_core.files import check_not_exists, write_new_text
    from zoo_core.inference.images import find_images
    from zoo_core.inference.loading import load_model
    from zoo_core.inference.prediction import predict

    if output is not None:
        check_not_exists(output, overwrite)
    pictures = find_images(inputs)
    model = load_model(run, load_installed_plugins().catalogue)
    click.echo("".join(f"{remark}\n" for remark in model.remarks), err=True, nl=False)
    found = list(predict(model, [picture.path for picture in pictures]))
    for prediction in found:
        if prediction.trouble:
            click.echo(f"zoo: {prediction.path} cannot be read: {prediction.trouble}.", err=True)
    told = [prediction for prediction in found if not prediction.trouble]
    if output is not None:
        write_new_text(output, _csv(told), overwrite)
    if as_json:
        print_json([_plain(prediction) for prediction in found])
    elif output is not None:
        click.echo(f"{len(told)} pictures: {output}")
    else:
        print_table([(str(p.path), str(p.shown), f"{p.probability:.1%}") for p in told], [h.upper() for h in HEADER])
    context.exit(0 if len(told) == len(found) else 1)


def _plain(prediction: "Prediction") -> dict[str, Any]:
    if prediction.trouble:
        return {"file": str(prediction.path), "error": prediction.trouble}
    values = (str(prediction.path), prediction.shown, prediction.probability)
    return dict(zip(HEADER, values, strict=True)) | {"probabilities": prediction.probabilities}


def _csv(told: Sequence["Prediction"]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(HEADER)
    rows.writerows((p.path, p.shown, f"{p.probability:.4f}") for p in told)
    return text.getvalue()

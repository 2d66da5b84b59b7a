"""`zoo predict`: predicts the classes of images."""

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo_core.cli.options import json_option
from zoo_core.cli.output import format_count, load_plugins_with_warning, print_json, print_notes, print_table

if TYPE_CHECKING:
    from zoo_core.inference.prediction import Prediction

HEADER = ("file", "class", "probability")


@click.command(name="predict", short_help="Predict the classes of images with a trained run.")
@click.argument("run", type=Path)
@click.argument("inputs", nargs=-1, required=True, type=Path, metavar="INPUT...")
@click.option("--output", type=Path, metavar="FILE.csv", help="CSV file to write: file, class and probability.")
@click.option("--overwrite", is_flag=True, help="Replace the CSV file if it exists.")
@json_option
def command(run: Path, inputs: tuple[Path, ...], output: Path | None, overwrite: bool, as_json: bool) -> None:
    """Predict the classes of images with the discriminator of RUN. INPUT is an image file or a folder of images.

    Probabilities are calibrated with a temperature that was fitted on validation images.

    The exit status is 1 if an image could not be read; the rest are still classified.
    """
    from zoo_core.files import check_not_exists, write_new_text
    from zoo_core.inference.images import find_images
    from zoo_core.inference.loading import load_model
    from zoo_core.inference.prediction import predict

    if output is not None:
        check_not_exists(output, overwrite)
    images = find_images(inputs)
    model = load_model(run, load_plugins_with_warning().catalogue)
    print_notes(model.notes)
    predictions = list(predict(model, [image.path for image in images]))
    for prediction in predictions:
        if prediction.error:
            click.echo(f"zoo: {prediction.path} cannot be read: {prediction.error}.", err=True)
    predicted = [prediction for prediction in predictions if not prediction.error]
    if output is not None:
        write_new_text(output, _format_csv(predicted), overwrite)
    if as_json:
        print_json([_to_dict(prediction) for prediction in predictions])
    elif output is not None:
        click.echo(f"{format_count(len(predicted), 'image')}: {output}")
    else:
        rows = [(str(p.path), str(p.label), f"{p.probability:.1%}") for p in predicted]
        print_table(rows, [name.upper() for name in HEADER])
    if len(predicted) < len(predictions):
        sys.exit(1)


def _to_dict(prediction: "Prediction") -> dict[str, Any]:
    if prediction.error:
        return {"file": str(prediction.path), "error": prediction.error}
    values = (str(prediction.path), prediction.label, prediction.probability)
    return dict(zip(HEADER, values, strict=True)) | {"probabilities": prediction.probabilities}


def _format_csv(predictions: Sequence["Prediction"]) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(HEADER)
    rows.writerows((p.path, p.label, f"{p.probability:.4f}") for p in predictions)
    return text.getvalue()

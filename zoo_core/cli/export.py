"""`zoo export`: a trained model as a folder to give away."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zoo_core.cli.output import json_option, load_installed_plugins, print_json, print_table

if TYPE_CHECKING:
    from zoo_core.inference.onnx_export import OnnxFile

HEADER = ("FILE", "SIZE", "")


@click.command(name="export", short_help="Write a trained model to a folder to give away.")
@click.argument("run", type=Path)
@click.argument("folder", type=Path, metavar="DIR")
@click.option("--onnx", is_flag=True, help="Write ONNX files too, checked against PyTorch (extra gan-zoo[onnx]).")
@click.option("--weights", type=click.Choice(["ema", "raw"]),
              help="Which weights; the averaged ones where the run keeps them.")  # fmt: skip
@click.option("--checkpoint", type=click.Choice(["newest", "best"]), default="newest", show_default=True,
              help="Which checkpoint; best is the one that was best on validation images.")  # fmt: skip
@json_option
def command(run: Path, folder: Path, onnx: bool, weights: str | None, checkpoint: str, as_json: bool) -> None:
    """Write the networks of RUN to DIR, a new folder to give away: weights, config.json and a model card.

    `zoo inpaint`, `zoo predict` and `load_model` take DIR in place of a run, wherever it is moved. The card is
    README.md as Hugging Face's hub reads it; `zoo evaluate RUN` before, and measures on test images are in it.
    """
    from zoo_core.inference.export import create_export_folder, write_model
    from zoo_core.inference.model_card import model_card
    from zoo_core.inference.onnx_export import write_onnx
    from zoo_core.inference.trained_run import TrainedRun

    with create_export_folder(folder) as draft:
        trained = TrainedRun.open(run, load_installed_plugins().catalogue, weights, checkpoint)
        for remark in trained.model.remarks:
            click.echo(remark, err=True)
        write_model(trained, draft)
        files, left_out = write_onnx(trained.model, draft) if onnx else ([], [])
        for sentence in left_out:
            click.echo(sentence, err=True)
        (draft / "README.md").write_text(model_card(trained, files), encoding="utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    if as_json:
        differences = {file.path.name: file.difference for file in files}
        print_json({"folder": str(folder), "step": trained.step, "bytes": sizes, "onnx_differences": differences})
        return
    click.echo(f"{folder}: step {trained.step} of {run}, {trained.weights} weights")
    remarks = {file.path.name: _in_words(file) for file in files}
    print_table([(name, f"{size / 1e3:,.1f} kB", remarks.get(name, "")) for name, size in sizes.items()], HEADER)


def _in_words(file: "OnnxFile") -> str:
    from zoo_core.inference.onnx_export import OPSET

    return f"opset {OPSET}; differs from PyTorch by {file.difference:.1e} at most"

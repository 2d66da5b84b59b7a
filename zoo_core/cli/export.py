"""`zoo export`: writes a trained model to a folder to share."""

from pathlib import Path

import click

from zoo_core.cli.options import checkpoint_option, json_option, weights_option
from zoo_core.cli.output import load_plugins_with_warning, print_json, print_notes, print_table


@click.command(name="export", short_help="Write a trained model to a folder to share.")
@click.argument("run", type=Path)
@click.argument("folder", type=Path, metavar="DIR")
@click.option("--onnx", is_flag=True, help="Also write ONNX files and check their outputs (needs gan-zoo[onnx]).")
@weights_option
@checkpoint_option
@json_option
def command(run: Path, folder: Path, onnx: bool, weights: str | None, checkpoint: str, as_json: bool) -> None:
    """Write the networks of RUN to DIR, a new folder to share: weights, config.json and a model card.

    `zoo inpaint`, `zoo predict` and `load_model` accept DIR instead of a run. The model card is README.md, in the
    format of the Hugging Face Hub. Run `zoo evaluate RUN` first to include metrics on test images.
    """
    from zoo_core.inference.export import create_export_folder, render_model_card, write_model
    from zoo_core.inference.onnx_export import OPSET, write_onnx
    from zoo_core.inference.trained_run import TrainedRun

    with create_export_folder(folder) as draft:
        trained = TrainedRun.open(run, load_plugins_with_warning().catalogue, weights, checkpoint)
        print_notes(trained.model.notes)
        write_model(trained, draft)
        files, notes = write_onnx(trained.model, draft) if onnx else ([], [])
        print_notes(notes)
        (draft / "README.md").write_text(render_model_card(trained, files), encoding="utf-8")
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    differences = {file.path.name: file.difference for file in files}
    if as_json:
        print_json({"folder": str(folder), "step": trained.step, "bytes": sizes, "onnx_differences": differences})
        return
    click.echo(f"{folder}: step {trained.step} of {run}, {trained.weights} weights")
    remarks = {
        name: f"opset {OPSET}; differs from PyTorch by at most {value:.1e}" for name, value in differences.items()
    }
    rows = [(name, f"{size / 1e3:,.1f} kB", remarks.get(name, "")) for name, size in sizes.items()]
    print_table(rows, ("FILE", "SIZE", ""))

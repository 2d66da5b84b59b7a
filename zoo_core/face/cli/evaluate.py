"""`zoo evaluate`: how good a trained GAN is."""

from pathlib import Path
from typing import Any

import click

from zoo_core.face.cli.output import installed_plugins, json_option, print_json

METRICS = ("accuracy", "balanced_accuracy", "hole_psnr", "hole_ssim", "hole_l1")


@click.command(name="evaluate", short_help="Measure a trained run on test or validation images.")
@click.argument("run", type=Path)
@click.option("--split", type=click.Choice(["validation", "test"]), default="test", show_default=True,
              help="Test images were never read in training; validation images were watched.")  # fmt: skip
@json_option
def command(run: Path, split: str, as_json: bool) -> None:
    """Measure a trained run from its newest checkpoint: accuracy of its classes, quality of its in-painting."""
    from zoo_core.face.progress import figure
    from zoo_core.face.trained import TrainedRun

    trained = TrainedRun.open(run, installed_plugins().catalogue)
    for remark in trained.remarks:
        click.echo(remark, err=True)
    unmeasured = dict.fromkeys(METRICS)
    result: dict[str, Any] = {"split": split, **unmeasured, **trained.evaluate(split), "step": trained.step}
    if as_json:
        print_json(result)
        return
    click.echo(f"{run} at step {trained.step}, on {result['images']} {split} images:")
    if all(result[name] is None for name in METRICS):
        click.echo("  nothing: these components neither fill holes nor tell classes; try `zoo sample`")
    for name in METRICS:
        if result[name] is not None:
            click.echo(f"  {name.replace('_', ' '):<18} {figure(name, result[name])}")

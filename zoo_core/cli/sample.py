"""`zoo sample`: images out of nothing."""

from pathlib import Path

import click

from zoo_core.cli.output import load_installed_plugins


@click.command(name="sample", short_help="Make images with a trained run that can.")
@click.argument("run", type=Path)
@click.option("--count", type=click.IntRange(1), default=16, show_default=True, help="How many images.")
@click.option("--class", "wanted", metavar="NAME", help="Only of this class, where the generator knows classes.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, other images.")
@click.option("--output", type=Path, default=Path("samples.png"), show_default=True, help="Picture to write.")
@click.option("--overwrite", is_flag=True, help="Replace the picture if it exists.")
def command(run: Path, count: int, wanted: str | None, seed: int, output: Path, overwrite: bool) -> None:
    """Write a picture of samples that the generator of RUN makes from noise."""
    from zoo_core.inference.sampling import generate_samples, write_samples

    images = generate_samples(run, load_installed_plugins().catalogue, count, wanted, seed)
    write_samples(images, output, overwrite)
    click.echo(f"{count} samples: {output}")

"""`zoo sample`: images generated from noise."""

from pathlib import Path

import click

from zoo_core.cli.output import format_count, load_plugins_with_warning


@click.command(name="sample", short_help="Generate images with a trained run.")
@click.argument("run", type=Path)
@click.option("--count", type=click.IntRange(1), default=16, show_default=True, help="Number of images.")
@click.option("--class", "class_name", metavar="NAME", help="Only this class, if the generator is class-conditional.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed.")
@click.option("--output", type=Path, default=Path("samples.png"), show_default=True, help="Image file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the image file if it exists.")
def command(run: Path, count: int, class_name: str | None, seed: int, output: Path, overwrite: bool) -> None:
    """Generate images from noise with the generator of RUN, and write them to one image file."""
    from zoo_core.inference.sampling import generate_samples, write_samples

    images = generate_samples(run, load_plugins_with_warning().catalogue, count, class_name, seed)
    write_samples(images, output, overwrite)
    click.echo(f"{format_count(count, 'sample')}: {output}")

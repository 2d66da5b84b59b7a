"""`zoo demo`, for those who have the extra `gan-zoo[demo]`."""

from pathlib import Path

import click

from zoo_core import hookimpl

HERE = "127.0.0.1"


@click.command(name="demo", short_help="Paint holes and see them filled, in a browser.")
@click.argument("run", type=Path)
@click.option("--port", type=click.IntRange(1024, 65535), default=7860, show_default=True, help="Where it listens.")
def demo(run: Path, port: int) -> None:
    """Open a page to paint a hole into a picture and see it filled by RUN, or by an exported model.

    The page is served on this machine alone (127.0.0.1) and fetches nothing from elsewhere. Needs the extra
    gan-zoo[demo]. Ctrl-C ends it.
    """
    from zoo_core.cli.output import load_installed_plugins
    from zoo_core.demo.app import build_page, load_held_out_images, serve_page
    from zoo_core.extras import require_extra
    from zoo_core.inference.inpainting import require_inpainter
    from zoo_core.inference.loading import load_model

    require_extra("demo", "gradio")
    catalogue = load_installed_plugins().catalogue
    model = load_model(run, catalogue)
    require_inpainter(model)
    for remark in model.remarks:
        click.echo(remark, err=True)
    with serve_page(build_page(model, load_held_out_images(run, catalogue)), HERE, port) as server:
        click.echo(f"Open http://{HERE}:{port} (Ctrl-C ends it)")
        server.block_thread()


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `zoo demo`."""
    cli.add_command(demo)

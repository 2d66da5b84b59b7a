"""`zoo demo`: a local web page to fill holes (extra `gan-zoo[demo]`)."""

from pathlib import Path

import click

from zoo_core import hookimpl

LOCALHOST = "127.0.0.1"


@click.command(name="demo", short_help="Paint and fill holes in a browser.")
@click.argument("run", type=Path)
@click.option("--port", type=click.IntRange(1024, 65535), default=7860, show_default=True, help="Port of the page.")
def demo(run: Path, port: int) -> None:
    """Serve a web page to paint a hole into an image and see it filled by RUN, a run or an exported model.

    The page can only be opened on this machine (127.0.0.1) and loads nothing from the internet. It needs the extra
    gan-zoo[demo]. Ctrl-C stops it.
    """
    from zoo_core.extras import require_extra

    require_extra("demo", "gradio")
    from zoo_core.cli.output import load_plugins_with_warning, print_notes
    from zoo_core.demo.app import build_page, load_examples, serve_page
    from zoo_core.inference.inpainting import require_inpainter
    from zoo_core.inference.loading import load_model

    catalogue = load_plugins_with_warning().catalogue
    model = load_model(run, catalogue)
    require_inpainter(model)
    print_notes(model.notes)
    with serve_page(build_page(model, load_examples(run, catalogue)), LOCALHOST, port) as server:
        click.echo(f"Open http://{LOCALHOST}:{port} (Ctrl-C stops it)")
        server.block_thread()


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `zoo demo`."""
    cli.add_command(demo)

"""`zoo new-plugin`: writes a package that installs, trains and passes its tests as it is."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from registry import UsageError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TEMPLATE_SUFFIX = ".template"


@click.command(name="new-plugin", short_help="Write a package with a first plugin.")
@click.argument("name")
def new_plugin(name: str) -> None:
    """Write the package zoo-NAME into a new folder: a generator that fills holes in images, and a recipe for it."""
    folder = write_package(name, Path.cwd())
    click.echo(f"Wrote {folder.name}. Next:")
    click.echo(f"  pip install -e {folder.name}")
    click.echo(f"  zoo train {name}")
    click.echo(f"  zoo check-plugin {name}")


def write_package(name: str, parent: Path) -> Path:
    """Writes a package from the template.

    Args:
        name: Name of the plugin; the distribution is `zoo-NAME`, the module `zoo_NAME`.
        parent: Folder to create the package's folder in.

    Returns:
        The package's folder.

    Raises:
        UsageError: The name is not valid, or the folder exists.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"'{name}' is not a valid plugin name. Use lower-case words joined by '-', such as 'my-gan'.")
    folder = parent / f"zoo-{name}"
    if folder.exists():
        raise UsageError(f"The folder {folder.name} exists. Choose another name, or remove the folder.")
    module = f"zoo_{name.replace('-', '_')}"
    values = {"name": name, "module": module, "Class": "".join(word.title() for word in name.split("-")) + "Generator"}
    _copy(files("zoo_core.plugin_kit") / "template", folder, values)
    return folder


def _copy(source: Traversable, target: Path, values: dict[str, str]) -> None:
    """Copies a folder of the template, with the placeholders in file names and contents replaced by values."""
    target.mkdir()
    for entry in source.iterdir():
        name = Template(entry.name.removesuffix(TEMPLATE_SUFFIX)).substitute(values)
        if entry.is_dir():
            _copy(entry, target / name, values)
        elif entry.name.endswith(TEMPLATE_SUFFIX):
            text = Template(entry.read_text(encoding="utf-8")).substitute(values)
            (target / name).write_text(text, encoding="utf-8")

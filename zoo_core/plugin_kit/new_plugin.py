"""`zoo new-plugin`: a package that installs, trains and passes its tests at once."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from registry import UsageError

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SUFFIX = ".template"


@click.command(name="new-plugin", short_help="Write a package with a first plugin of your own.")
@click.argument("name")
def new_plugin(name: str) -> None:
    """Write the package zoo-NAME into a new folder here: a generator that fills holes, and a recipe that trains it."""
    folder = write_package(name, Path.cwd())
    click.echo(f"Wrote {folder.name}. Next:")
    click.echo(f"  pip install -e {folder.name}")
    click.echo(f"  zoo train {name}")
    click.echo(f"  zoo check-plugin {name}")


def write_package(name: str, where: Path) -> Path:
    """Fills the template in and writes it.

    Args:
        name: Of the plugin; the distribution is `zoo-NAME`, the module `zoo_NAME`.
        where: Folder to write the package's folder into.

    Returns:
        The package's folder.

    Raises:
        UsageError: The name cannot be one, or the folder exists.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"'{name}' cannot name a plugin. Use lower-case words joined by '-', such as 'my-gan'.")
    folder = where / f"zoo-{name}"
    if folder.exists():
        raise UsageError(f"{folder.name} exists. Choose another name, or remove that folder.")
    module = f"zoo_{name.replace('-', '_')}"
    words = {"name": name, "module": module, "Class": "".join(word.title() for word in name.split("-")) + "Generator"}
    _copy(files("zoo_core.plugin_kit") / "template", folder, words)
    return folder


def _copy(source: Traversable, target: Path, words: dict[str, str]) -> None:
    target.mkdir()
    for entry in source.iterdir():
        name = Template(entry.name.removesuffix(SUFFIX)).substitute(words)
        if entry.is_dir():
            _copy(entry, target / name, words)
        elif entry.name.endswith(SUFFIX):
            text = Template(entry.read_text(encoding="utf-8")).substitute(words)
            (target / name).write_text(text, encoding="utf-8")

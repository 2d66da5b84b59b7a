"""Adds `zoo new-plugin` and `zoo check-plugin` through the same hook that any plugin may use."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

import click

from registry import UsageError, ZooError
from zoo_core import hookimpl

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
TEMPLATE_SUFFIX = ".template"


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds the commands of this plugin."""
    cli.add_command(new_plugin)
    cli.add_command(check_plugin)


@click.command(name="new-plugin", short_help="Write a package with a first plugin.")
@click.argument("name")
def new_plugin(name: str) -> None:
    """Write the package zoo-NAME into a new folder: a generator that fills holes in images, and a recipe for it."""
    folder = write_package(name, Path.cwd())
    click.echo(f"Wrote {folder.name}. Next:")
    click.echo(f"  pip install -e {folder.name}")
    click.echo(f"  zoo train {name}")
    click.echo(f"  zoo check-plugin {name}")


@click.command(name="check-plugin", short_help="Check an installed plugin against the plugin contract.")
@click.argument("name")
def check_plugin(name: str) -> None:
    """Check every component of the plugin NAME against the plugin contract.

    Each check that fails prints what to change. Exits with 1 if any check fails.
    """
    from zoo_core.plugin_kit import component_checks

    checks = component_checks(name)
    failures = 0
    for check in checks:
        try:
            check()
        except Exception as error:
            failures += 1
            click.echo(f"FAILED  {check}\n        {' '.join(str(error).split())}")
        else:
            click.echo(f"ok      {check}")
    if failures:
        raise ZooError(f"{failures} of {len(checks)} checks of the plugin '{name}' failed.")
    click.echo(f"All {len(checks)} checks passed.")


def write_package(name: str, parent: Path) -> Path:
    """Writes the package of a plugin from the template, into a new folder `zoo-NAME`, which is returned.

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

"""Commands that plugins add, and plugins that fail to add one."""

from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace
from typing import Any

import click
import pytest
from program import Run

from zoo_core import hookimpl


class Greeter:
    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        cli.add_command(click.Command("greet", callback=lambda: click.echo("hello"), short_help="Say hello."))
        cli.add_command(click.Command("train", callback=lambda: click.echo("not this one")))


class Failing:
    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        raise RuntimeError("not today")


class PluginEntryPoint(EntryPoint):
    """An entry point for a plugin of this module."""

    def load(self) -> Any:
        return {"greeter": Greeter, "failing": Failing}[self.name]()


@pytest.fixture(autouse=True)
def _install_both_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    from registry import plugins

    added = [PluginEntryPoint(name, "test:plugin", "gan_zoo") for name in ("greeter", "failing")]
    for entry_point in added:
        vars(entry_point).update(dist=SimpleNamespace(name="zoo-test", version="1.0"))
    installed = plugins.entry_points  # type: ignore[attr-defined]
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([*installed(group=group), *added]))


def test_the_command_of_a_plugin_is_listed_and_runs(zoo: Run) -> None:
    assert "greet         Say hello." in zoo("--help").stdout
    assert zoo("greet").stdout == "hello\n"


def test_a_command_whose_name_is_in_use_and_a_failing_plugin_are_reported(zoo: Run) -> None:
    done = zoo("--help")
    assert done.returncode == 0
    assert "The command 'train' of plugin 'greeter' is ignored: the name is in use." in done.stderr
    assert "The commands of plugin 'failing' are ignored: RuntimeError: not today" in done.stderr
    assert "Train a GAN with a recipe" in done.stdout

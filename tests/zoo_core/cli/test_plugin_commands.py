"""Commands that a plugin adds, and what happens to those that cannot be."""

from importlib.metadata import EntryPoint, EntryPoints
from types import SimpleNamespace
from typing import Any

import click
import pytest
from program import Run

from zoo_core import hookimpl


class Helpful:
    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        cli.add_command(click.Command("greet", callback=lambda: click.echo("hello"), short_help="Say hello."))
        cli.add_command(click.Command("train", callback=lambda: click.echo("not this one")))


class Clumsy:
    @hookimpl
    def register_commands(self, cli: click.Group) -> None:
        raise RuntimeError("not today")


class Given(EntryPoint):
    """An entry point to an object of this test."""

    def load(self) -> Any:
        return {"helpful": Helpful, "clumsy": Clumsy}[self.name]()


@pytest.fixture(autouse=True)
def _two_more_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    from registry import plugins

    given = [Given(name, "test:plugin", "gan_zoo") for name in ("helpful", "clumsy")]
    for entry in given:
        vars(entry).update(dist=SimpleNamespace(name="zoo-test", version="1.0"))
    installed = plugins.entry_points
    monkeypatch.setattr(plugins, "entry_points", lambda group: EntryPoints([*installed(group=group), *given]))


def test_a_plugins_command_stands_beside_the_zoos_own(zoo: Run) -> None:
    assert "greet         Say hello." in zoo("--help").stdout
    assert zoo("greet").stdout == "hello\n"


def test_a_command_that_is_taken_and_a_plugin_that_fails_are_told(zoo: Run) -> None:
    done = zoo("--help")
    assert done.returncode == 0
    assert "the command 'train' of plugin 'helpful' is left out: it is taken" in done.stderr
    assert "the commands of plugin 'clumsy' are left out: RuntimeError: not today" in done.stderr
    assert "Train a GAN by a recipe" in done.stdout

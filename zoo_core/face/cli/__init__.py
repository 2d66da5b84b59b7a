"""The program `zoo`: one file for each command, imported when it is called for."""

from importlib import import_module
from importlib.metadata import version
from typing import Any

import click

from registry import ZooError, unknown

COMMANDS = ("list", "show", "plugins", "train", "evaluate", "doctor")


class ZooGroup(click.Group):
    """Imports commands when they are asked for, and turns a `ZooError` into one message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which one meets them."""
        return [*COMMANDS]  # once list.py is imported, `list` is that module here

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from the file of this name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"zoo_core.face.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Adds the nearest known name to the error for an unknown command."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise unknown("command", args[0], COMMANDS, "`zoo --help` describes them.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; what a user can mend is said without a traceback."""
        try:
            return super().invoke(ctx)
        except ZooError as error:
            click.echo(f"zoo: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=ZooGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("gan-zoo"), prog_name="zoo")
def main() -> None:
    """Train, measure and extend generative adversarial networks.

    Start with `zoo train ccgan`: it needs no data and no GPU.
    """

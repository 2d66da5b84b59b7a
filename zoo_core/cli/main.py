"""The program `zoo`: one file for each command, imported when it is called for, and the commands of plugins."""

import os
from importlib import import_module
from importlib.metadata import version
from typing import Any

import click

from registry import ZooError, load_plugins, summarize_error, unknown
from zoo_core.interfaces.hookspecs import plugin_api

COMMANDS = (
    "list",
    "show",
    "plugins",
    "train",
    "evaluate",
    "compare",
    "inpaint",
    "predict",
    "sample",
    "export",
    "bench",
    "doctor",
)
PLUGIN_COMMANDS = "zoo_core.plugin_commands"
OUT_OF_MEMORY = ("DefaultCPUAllocator: ", "out of memory", "Storage size calculation overflowed")  # torch's words
NO_MEMORY = (
    "There is not enough memory for this. Use a smaller `--batch-size`, `--image-size` or `--width`; a run that was "
    "going on has its checkpoints."
)
WHOSE_FAULT = (
    "This is a fault of the zoo or of a plugin: `zoo check-plugin NAME` may tell, "
    "and ZOO_STRICT_PLUGINS=1 shows the traceback."
)


class ZooGroup(click.Group):
    """Imports commands when they are asked for, and turns a `ZooError` into one message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The zoo's own commands in the order in which one meets them, then those of plugins."""
        return [*COMMANDS, *plugin_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from the file of this name or from a plugin."""
        if cmd_name not in COMMANDS:
            return plugin_commands(ctx).get(cmd_name)
        command: click.Command = import_module(f"zoo_core.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Adds the nearest known name to the error for an unknown command."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise unknown("command", args[0], self.list_commands(ctx), "`zoo --help` describes them.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; what a user can mend is said without a traceback."""
        try:
            return super().invoke(ctx)
        except ZooError as error:
            click.echo(f"zoo: {error}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("zoo: Interrupted.", err=True)
            ctx.exit(130)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if os.environ.get("ZOO_STRICT_PLUGINS") == "1":
                raise
            if isinstance(error, MemoryError) or any(sign in str(error) for sign in OUT_OF_MEMORY):
                click.echo(f"zoo: {NO_MEMORY}", err=True)
                ctx.exit(1)
            click.echo(f"zoo: Stopped by {summarize_error(error)}. {WHOSE_FAULT}", err=True)
            ctx.exit(1)


def plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    """The commands that plugins add, collected once for a call of the program."""
    if PLUGIN_COMMANDS not in ctx.meta:
        ctx.meta[PLUGIN_COMMANDS] = collect_commands()
    commands: dict[str, click.Command] = ctx.meta[PLUGIN_COMMANDS]
    return commands


def collect_commands() -> dict[str, click.Command]:
    """Asks every plugin for its commands; one that would hide another is told about and left out."""
    plugins = load_plugins(plugin_api())
    taken: dict[str, click.Command] = {}
    for record in plugins.records:
        group = click.Group()
        others = frozenset(other.name for other in plugins.records if other is not record)
        for name, reason in plugins.call("register_commands", without=others, cli=group).items():
            click.echo(f"zoo: the commands of plugin '{name}' are left out: {reason}", err=True)
        for name, command in group.commands.items():
            if name in taken or name in COMMANDS:
                click.echo(f"zoo: the command '{name}' of plugin '{record.name}' is left out: it is taken.", err=True)
            taken.setdefault(name, command)
    return {name: command for name, command in taken.items() if name not in COMMANDS}


@click.group(cls=ZooGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("gan-zoo"), prog_name="zoo")
def main() -> None:
    """Train, measure and extend generative adversarial networks.

    Start with `zoo train ccgan`: it needs no data and no GPU.
    """

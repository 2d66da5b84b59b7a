"""The program `zoo`: its own commands, each in a module that is imported when it is needed, and those of plugins."""

import os
from importlib import import_module
from importlib.metadata import version
from typing import Any

import click

from registry import ZooError, summarize_error, unknown_name_error
from zoo_core.interfaces.hooks import load_installed_plugins

COMMANDS = ("list", "show", "plugins", "train", "evaluate", "inpaint", "predict", "sample", "export", "bench", "doctor")
PLUGIN_COMMANDS = "zoo_core.plugin_commands"
OUT_OF_MEMORY_ERRORS = ("DefaultCPUAllocator: ", "out of memory", "Storage size calculation overflowed")  # of torch
OUT_OF_MEMORY_ADVICE = (
    "Not enough memory. Use a smaller `--batch-size`, `--image-size` or `--width`. "
    "The checkpoints of the run are intact."
)
BUG_ADVICE = (
    "This is a bug in gan-zoo or in a plugin: `zoo check-plugin NAME` checks a plugin, "
    "and ZOO_STRICT_PLUGINS=1 shows the traceback."
)


class ZooGroup(click.Group):
    """Imports commands when they are needed, and turns errors into a message and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The built-in commands in the order in which a user needs them, then those of plugins."""
        return [*COMMANDS, *get_plugin_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, from the module of this name or from a plugin."""
        if cmd_name not in COMMANDS:
            return get_plugin_commands(ctx).get(cmd_name)
        command: click.Command = import_module(f"zoo_core.cli.{cmd_name}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Adds the nearest known name to the error for an unknown command."""
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise unknown_name_error("command", args[0], self.list_commands(ctx), "`zoo --help` describes them.")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; errors are printed without a traceback."""
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
            if isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY_ERRORS):
                click.echo(f"zoo: {OUT_OF_MEMORY_ADVICE}", err=True)
                ctx.exit(1)
            click.echo(f"zoo: Stopped by {summarize_error(error)}. {BUG_ADVICE}", err=True)
            ctx.exit(1)


def get_plugin_commands(ctx: click.Context) -> dict[str, click.Command]:
    """The commands of plugins, which are collected on first use."""
    if PLUGIN_COMMANDS not in ctx.meta:
        ctx.meta[PLUGIN_COMMANDS] = collect_commands()
    commands: dict[str, click.Command] = ctx.meta[PLUGIN_COMMANDS]
    return commands


def collect_commands() -> dict[str, click.Command]:
    """Collects the commands of all plugins; a command is ignored, with a message, if its name is already in use."""
    commands: dict[str, click.Command] = {}
    plugins = load_installed_plugins()
    for plugin, register_commands in plugins.iterate_hook(plugins.manager.hook.register_commands):
        group = click.Group()
        try:
            register_commands(cli=group)
        except Exception as error:
            click.echo(f"zoo: The commands of plugin '{plugin}' are ignored: {summarize_error(error)}", err=True)
            continue
        for name, command in group.commands.items():
            if name in commands or name in COMMANDS:
                click.echo(f"zoo: The command '{name}' of plugin '{plugin}' is ignored: the name is in use.", err=True)
            else:
                commands[name] = command
    return commands


@click.group(cls=ZooGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("gan-zoo"), prog_name="zoo")
def main() -> None:
    """Train, evaluate and extend generative adversarial networks.

    Start with `zoo train ccgan`, which needs no download and no GPU.
    """

"""Adds the commands for plugin authors through the same hook that any plugin may use."""

import click

from zoo_core import hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Adds `zoo new-plugin` and `zoo check-plugin`."""
    from zoo_core.plugin_kit.check_plugin import check_plugin
    from zoo_core.plugin_kit.new_plugin import new_plugin

    cli.add_command(new_plugin)
    cli.add_command(check_plugin)

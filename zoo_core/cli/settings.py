"""What commands share that take a recipe and settings: one flag for each of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import click

OPTIONS = (
    click.argument("recipe"),
    click.option("--data", metavar="NAME|FOLDER", help="A data set of the zoo, or a folder of images."),
    click.option("--data-root", type=Path, metavar="DIR", help="Folder that holds the data set's files."),
    click.option("--download", is_flag=True, help="Fetch missing files of the data set into --data-root."),
    click.option("--strict", is_flag=True, help="Stop at a damaged image file, in place of leaving it out."),
    click.option("--width", metavar="VALUE", help="Channels of the first stage of both networks."),
    click.option("--fold", metavar="VALUE",
                 help="Which official fold of labels to use, where the data set has folds."),
    click.option("-o", "assignments", multiple=True, metavar="COMPONENT.OPTION=VALUE",
                 help="Any option, as `zoo show` names it; COMPONENT=NAME takes another component."),
    click.option("--config", type=Path, metavar="FILE.toml",
                 help="Settings by section; the command line wins over it."),
)  # fmt: skip


def recipe_and_settings(function: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the argument RECIPE, and the options that say where settings come from."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


class SettingsCommand(click.Command):
    """A command with a flag for each of the common settings; names and help come from the settings' own schema."""

    without: ClassVar[frozenset[str]] = frozenset()  # settings that say nothing to the command

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters, then one for each flag."""
        from zoo_core.config.request import FLAGS, SCHEMAS

        fields = {name: SCHEMAS[section].model_fields[name] for section, names in FLAGS.items() for name in names}
        flags = [_flag(name, f.description, f.default) for name, f in fields.items() if name not in self.without]
        *own, help_option = super().get_params(ctx)
        return [*own, *flags, help_option]


def _flag(name: str, description: str | None, default: Any) -> click.Option:
    remark = "" if default is None else f"  [{default} unless the recipe says otherwise]"
    return click.Option([f"--{name.replace('_', '-')}", name], metavar="VALUE", help=f"{description}{remark}")

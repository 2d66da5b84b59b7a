"""`zoo check-plugin`: checks an installed plugin against the plugin contract."""

import click

from registry import ZooError


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

"""`zoo check-plugin`: the contract, held against an installed plugin."""

import click

from registry import ZooError


@click.command(name="check-plugin", short_help="Hold an installed plugin against the contract.")
@click.argument("name")
def check_plugin(name: str) -> None:
    """Check every component of the plugin NAME; what fails says what to change. Exits with 1 if anything fails."""
    from zoo_core.plugin_kit.checks import component_checks

    checks = component_checks(name)
    failed = 0
    for check in checks:
        try:
            check()
        except Exception as error:
            failed += 1
            click.echo(f"FAILED  {check}\n        {' '.join(str(error).split())}")
        else:
            click.echo(f"ok      {check}")
    if failed:
        raise ZooError(f"{failed} of {len(checks)} checks of the plugin '{name}' failed.")
    click.echo(f"All {len(checks)} checks passed.")

"""Options that several commands have."""

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
weights_option = click.option(
    "--weights", type=click.Choice(["ema", "raw"]),
    help="Weights to use. Default: ema if the run has EMA weights, else raw.",
)  # fmt: skip
checkpoint_option = click.option(
    "--checkpoint", type=click.Choice(["newest", "best"]), default="newest", show_default=True,
    help="Checkpoint to use; best has the best score on validation images.",
)  # fmt: skip

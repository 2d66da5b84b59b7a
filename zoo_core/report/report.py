"""`zoo report`: a page about a run, or about several side by side."""

from pathlib import Path

import click

from registry import UsageError
from zoo_core.files import write_new_text


@click.command(name="report", short_help="Write a page about a run, or several side by side.")
@click.argument("runs", nargs=-1, required=True, type=Path, metavar="RUN...")
@click.option("--output", type=Path, metavar="FILE.html", help="Page to write; RUN/report.html for a single run.")
@click.option("--overwrite", is_flag=True, help="Replace --output if it exists.")
def report(runs: tuple[Path, ...], output: Path | None, overwrite: bool) -> None:
    """Write one HTML file about a run: curves, pictures, measures, warnings, and how to repeat it.

    Everything comes from the folders of the runs, and is in the file: it needs no network. Several runs are put side by
    side, with mean and standard deviation over their seeds.
    """
    from zoo_core.report.page import page_of

    if output is None and len(runs) > 1:
        raise UsageError("Several runs go into one page. Say into which file with `--output FILE.html`.")
    if output is None:
        output = write_run_report(runs[0])
    else:
        write_new_text(output, page_of(runs), overwrite)
    click.echo(f"Report: {output}")


def write_run_report(run: Path) -> Path:
    """Writes report.html into a run's folder, over the one from before; returns where it is.

    Raises:
        ZooError: It is no run, a file of it is damaged, or the page cannot be written.
    """
    from zoo_core.report.page import page_of
    from zoo_core.training.run_directory import RunDirectory

    path = RunDirectory(run).report_file
    write_new_text(path, page_of([run]), overwrite=True)
    return path

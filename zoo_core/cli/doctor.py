"""`zoo doctor`: whether this machine can train, and what to do where it cannot."""

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from registry import load_plugins
from zoo_core.cli.output import json_option, print_json, print_table
from zoo_core.interfaces.hookspecs import plugin_api

CPU_PAIR = "Reinstall torch and torchvision as a pair; the README says how."


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, whether it is in order, and what to know or do."""

    what: str
    ok: bool
    detail: str


@click.command(name="doctor", short_help="Check that this machine can train.")
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Check this machine: Python, torch, torchvision, accelerator, disk, cache, plugins.

    Exits with 1 if one is wrong.
    """
    findings = [_examined(name, check) for name, check in CHECKS.items()]
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        print_table([(f.what, "ok" if f.ok else "WRONG", f.detail) for f in findings], ("WHAT", "STATE", "DETAIL"))
    ctx.exit(0 if all(finding.ok for finding in findings) else 1)


def _examined(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, check())
    except Exception as error:
        return Finding(what, False, " ".join(str(error).split()))


def _python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _torch() -> str:
    import torch

    return f"{torch.__version__}, {torch.get_num_threads()} threads"


def _torchvision() -> str:
    try:
        import torchvision
    except Exception as error:
        raise RuntimeError(f"cannot be imported beside this torch: {error}. {CPU_PAIR}") from error
    return str(torchvision.__version__)


def _accelerator() -> str:
    from zoo_core.training.device import Runtime

    runtime = Runtime.choose()
    return f"{runtime.device}, {str(runtime.dtype).removeprefix('torch.')} ({runtime.reason})"


def _disk() -> str:
    here = Path.cwd()
    if not os.access(here, os.W_OK):
        raise PermissionError(f"{here} cannot be written to; runs need a folder that can. Change to another one.")
    return f"{shutil.disk_usage(here).free / 2**30:.0f} GiB free in {here}"


def _cache() -> str:
    from zoo_core.data.cache import cache_folder, report_cache_errors

    with report_cache_errors():
        cache_folder().mkdir(parents=True, exist_ok=True)
        size = sum(path.stat().st_size for path in cache_folder().rglob("*") if path.is_file())
    return f"{size / 2**30:.1f} GiB of prepared images in {cache_folder()}"


def _plugins() -> str:
    records = load_plugins(plugin_api()).records
    failed = [
        f"{record.name} of {record.distribution}: {record.reason}" for record in records if record.status == "failed"
    ]
    if failed:
        raise RuntimeError(f"{'; '.join(failed)}. Update or uninstall these distributions.")
    return f"{len(records)} installed, all in order"


CHECKS = {
    "python": _python,
    "torch": _torch,
    "torchvision": _torchvision,
    "device": _accelerator,
    "disk": _disk,
    "cache": _cache,
    "plugins": _plugins,
}

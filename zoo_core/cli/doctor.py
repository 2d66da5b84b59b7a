"""`zoo doctor`: checks whether this machine can train."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zoo_core.cli.options import json_option
from zoo_core.cli.output import format_count, print_json, print_table
from zoo_core.interfaces.hooks import load_installed_plugins

REINSTALL_ADVICE = "Reinstall torch and torchvision together, as the README describes."


@click.command(name="doctor", short_help="Check whether this machine can train.")
@json_option
def command(as_json: bool) -> None:
    """Check whether this machine can train: Python, torch, torchvision, accelerator, disk, cache and plugins.

    The exit status is 1 if a check fails.
    """
    findings = [_run_check(name, check) for name, check in CHECKS.items()]
    if as_json:
        print_json(findings)
    else:
        rows = [(f["what"], "ok" if f["ok"] else "FAILED", f["detail"]) for f in findings]
        print_table(rows, ("CHECK", "STATUS", "DETAIL"))
    if not all(finding["ok"] for finding in findings):
        sys.exit(1)


def _run_check(what: str, check: Callable[[], str]) -> dict[str, Any]:
    """What was checked, whether it is in order, and details or advice."""
    try:
        return {"what": what, "ok": True, "detail": check()}
    except Exception as error:
        return {"what": what, "ok": False, "detail": " ".join(str(error).split())}


def _check_python() -> str:
    return f"{platform.python_version()} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _check_torch() -> str:
    import torch

    return f"{torch.__version__}, {format_count(torch.get_num_threads(), 'thread')}"


def _check_torchvision() -> str:
    try:
        import torchvision
    except Exception as error:
        raise RuntimeError(f"cannot be imported with this torch: {error}. {REINSTALL_ADVICE}") from error
    return str(torchvision.__version__)


def _check_device() -> str:
    from zoo_core.training.device import Runtime

    runtime = Runtime.choose()
    return f"{runtime.device}, {str(runtime.dtype).removeprefix('torch.')} ({runtime.reason})"


def _check_disk() -> str:
    folder = Path.cwd()
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} is not writable, but runs are saved in it. Change to another folder.")
    return f"{shutil.disk_usage(folder).free / 2**30:.0f} GiB free in {folder}"


def _check_cache() -> str:
    from zoo_core.data.cache import get_cache_folder, report_cache_errors

    with report_cache_errors():
        get_cache_folder().mkdir(parents=True, exist_ok=True)
        size = sum(path.stat().st_size for path in get_cache_folder().rglob("*") if path.is_file())
    return f"{size / 2**30:.1f} GiB of decoded images in {get_cache_folder()}"


def _check_plugins() -> str:
    records = load_installed_plugins().records
    failed = [f"{r.name} of {r.distribution}: {r.reason}" for r in records if r.status == "failed"]
    if failed:
        raise RuntimeError(f"{'; '.join(failed)}. Update or uninstall these distributions.")
    return f"{len(records)} installed, none failed"


CHECKS = {
    "python": _check_python,
    "torch": _check_torch,
    "torchvision": _check_torchvision,
    "device": _check_device,
    "disk": _check_disk,
    "cache": _check_cache,
    "plugins": _check_plugins,
}

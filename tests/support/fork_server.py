"""Runs `zoo` in processes of their own that start at once: forked from a process that has imported torch already.

A forked process is a real one: it can be killed, it has its own streams, folder and environment, and its exit status is
that of the program. Only the imports are shared.
"""

import atexit
import gc
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

PRELOADED = (
    "torch._dynamo",
    "torchvision",
    "torchmetrics.image",
    "sklearn.datasets",
    "sklearn.metrics",
    "zoo_core.config.composition",
    "ccgan_plugin.consistency",
)


class ForkedProcess:
    """A process that runs `zoo`, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.pid = pid
        self.folder = folder
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal, or None while the process runs."""
        status = self.folder / "status"
        if self.returncode is None and status.exists():
            self.returncode = int(status.read_text())
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends the process with SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """Waits for the end; returns what was written to standard output and standard error."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise subprocess.TimeoutExpired("zoo", timeout)
            time.sleep(0.01)
        stdout, stderr = ((self.folder / name).read_text() for name in ("stdout", "stderr"))
        return stdout, stderr


class ForkServer:
    """Starts processes in the server process."""

    def __init__(self, server: "subprocess.Popen[str]", folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.numbers = count()

    def start(self, arguments: tuple[object, ...], cwd: Path, environment: Mapping[str, str]) -> ForkedProcess:
        """Starts `zoo` with arguments, in a folder, with exactly this environment."""
        folder = self.folder / str(next(self.numbers))
        folder.mkdir()
        request = {
            "arguments": list(map(str, arguments)),
            "cwd": str(cwd),
            "environment": dict(environment),
            "folder": str(folder),
        }
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps(request) + "\n")
        self.server.stdin.flush()
        return ForkedProcess(int(self.server.stdout.readline()), folder)


@contextmanager
def run_fork_server(folder: Path) -> Iterator[ForkServer]:
    """A server, which ends with this context."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield ForkServer(server, folder)
        finally:
            assert server.stdin is not None
            server.stdin.close()


def serve() -> None:
    """Forks a process for each line of standard input, and writes the exit status of each into its folder."""
    for module in PRELOADED:
        __import__(module)
    gc.freeze()  # so that the processes share the memory of what is imported
    folders: dict[int, Path] = {}
    receiver, sender = os.pipe()
    os.set_blocking(sender, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(sender)
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        selector.register(receiver, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj == receiver:
                    os.read(receiver, 1024)
                    _report_ended(folders)
                    continue
                line = sys.stdin.readline()
                if not line:
                    return
                request = json.loads(line)
                pid = os.fork()
                if not pid:
                    _run(request)
                folders[pid] = Path(request["folder"])
                print(pid, flush=True)
            _report_ended(folders)


def _report_ended(folders: dict[int, Path]) -> None:
    for pid in list(folders):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            folder = folders.pop(pid)
            (folder / "draft").write_text(str(os.waitstatus_to_exitcode(status)))
            (folder / "draft").rename(folder / "status")


def _run(request: dict[str, Any]) -> None:
    """Becomes `python -m zoo_core` with the request's arguments; ends as that program ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for descriptor, path in enumerate((os.devnull, f"{request['folder']}/stdout", f"{request['folder']}/stderr")):
        opened = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(opened, descriptor)
    paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [request["cwd"], *paths]
    sys.argv = ["zoo", *request["arguments"]]

    from zoo_core.cli.main import main

    try:
        main(prog_name="zoo")
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)  # at once: taking the imported modules apart would take a second


if __name__ == "__main__":
    serve()

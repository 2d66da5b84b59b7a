"""Datasets on the Hub are downloaded only if that is requested; a small local server replaces the Hub."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from program import Run

pytest.importorskip("datasets")
from tables import write_parquet

pytestmark = pytest.mark.extra


class Hub(BaseHTTPRequestHandler):
    """The part of the Hub that is needed to download the files of `folder` as the dataset acme/cats."""

    folder = Path()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        names = [file.name for file in sorted(self.folder.iterdir())]
        if path.endswith(("/api/datasets/acme/cats", "/revision/main", f"/revision/{'a' * 40}")):
            self.respond(
                json.dumps({"id": "acme/cats", "sha": "a" * 40, "siblings": [{"rfilename": n} for n in names]})
            )
        elif "/tree/" in path:
            sizes = {name: (self.folder / name).stat().st_size for name in names}
            self.respond(json.dumps([{"type": "file", "path": n, "size": sizes[n], "oid": "b" * 40} for n in names]))
        elif "/resolve/" in path and path.rpartition("/")[2] in names:
            self.respond((self.folder / path.rpartition("/")[2]).read_bytes())
        else:
            self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def respond(self, content: str | bytes) -> None:
        body = content.encode() if isinstance(content, str) else content
        self.send_response(200)
        for name, value in (("Content-Length", len(body)), ("ETag", f'"{len(body)}"'), ("X-Repo-Commit", "a" * 40)):
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[str]:
    """The address of a Hub that has the dataset acme/cats."""
    write_parquet(tmp_path / "published")
    with ThreadingHTTPServer(("127.0.0.1", 0), type("LocalHub", (Hub,), {"folder": tmp_path / "published"})) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


DOWNLOAD = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 1, "--width", 2,
            "--batch-size", 4, "-o", "data.repository=acme/cats")  # fmt: skip


@pytest.mark.slow
def test_a_dataset_is_downloaded_once_and_only_if_requested(hub: str, zoo: Run, process: Run, empty: Path) -> None:
    offline = zoo(*DOWNLOAD)
    assert offline.returncode == 1
    assert (
        f"The folder {empty / 'data'} does not exist. Choose another one, or download a dataset into it"
        in offline.stderr
    )
    (empty / "home").mkdir()
    environment = {"HF_ENDPOINT": hub, "HOME": str(empty / "home"), "ZOO_CACHE": str(empty / "cache")}
    downloaded = process(*DOWNLOAD, "--download", "--run-dir", "first", **environment)
    assert downloaded.returncode == 0, downloaded.stderr
    assert not list((empty / "home").rglob("*huggingface*"))
    assert {path.name for path in (empty / "data").glob("*.parquet")} == {
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    }
    for option in ((), ("--download",)):
        done = zoo(*DOWNLOAD, *option, "--run-dir", f"run{len(option)}")
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_failed_download_leaves_no_folder(process: Run, empty: Path) -> None:
    done = process(*DOWNLOAD, "--download", HF_ENDPOINT="http://127.0.0.1:9", HOME=str(empty))
    assert done.returncode == 1
    assert "The dataset acme/cats cannot be downloaded from the Hub: " in done.stderr
    assert "Traceback" not in done.stderr
    assert not (empty / "data").exists()


def test_a_download_needs_the_name_of_a_repository(zoo: Run, empty: Path) -> None:
    done = zoo(*DOWNLOAD[:-2], "--download")
    assert done.returncode == 1
    assert "`-o data.repository=USER/NAME`" in done.stderr

"""Files on the Hub are fetched when they are asked for, and then only; a small server stands in for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from program import Run
from tables import as_parquet


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub as it takes to fetch the files of `folder`, as the data set acme/cats."""

    folder = Path()

    def do_GET(self) -> None:
        place = self.path.partition("?")[0]
        names = [path.name for path in sorted(self.folder.iterdir())]
        if place.endswith(("/api/datasets/acme/cats", "/revision/main", f"/revision/{'a' * 40}")):
            self.answer(json.dumps({"id": "acme/cats", "sha": "a" * 40, "siblings": [{"rfilename": n} for n in names]}))
        elif "/tree/" in place:
            sizes = {name: (self.folder / name).stat().st_size for name in names}
            self.answer(json.dumps([{"type": "file", "path": n, "size": sizes[n], "oid": "b" * 40} for n in names]))
        elif "/resolve/" in place and place.rpartition("/")[2] in names:
            self.answer((self.folder / place.rpartition("/")[2]).read_bytes())
        else:
            self.send_error(404)

    do_HEAD = do_GET  # noqa: N815

    def answer(self, content: str | bytes) -> None:
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
    """The address of a Hub that has acme/cats."""
    as_parquet(tmp_path / "published")
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Here", (Hub,), {"folder": tmp_path / "published"})) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


DOWNLOAD = ("train", "ccgan", "--data", "huggingface", "--data-root", "data", "--steps", 1, "--width", 2,
            "--batch-size", 4, "-o", "data.repository=acme/cats")  # fmt: skip


@pytest.mark.slow
def test_a_data_set_on_the_hub_is_fetched_once_and_only_when_asked_for(
    hub: str, zoo: Run, process: Run, empty: Path
) -> None:
    offline = zoo(*DOWNLOAD)
    assert offline.returncode == 1
    assert f"There is no folder {empty / 'data'}. Name another one, or fetch a data set into it" in offline.stderr
    (empty / "home").mkdir()
    where = {"HF_ENDPOINT": hub, "HOME": str(empty / "home"), "ZOO_CACHE": str(empty / "cache")}
    fetched = process(*DOWNLOAD, "--download", "--run-dir", "first", **where)
    assert fetched.returncode == 0, fetched.stderr
    assert not list((empty / "home").rglob("*huggingface*"))
    assert {path.name for path in (empty / "data").glob("*.parquet")} == {
        "test-00000-of-00001.parquet",
        "train-00000-of-00001.parquet",
    }
    for option in ((), ("--download",)):
        again = zoo(*DOWNLOAD, *option, "--run-dir", f"again{len(option)}")
        assert again.returncode == 0, again.stderr


@pytest.mark.slow
def test_what_cannot_be_fetched_leaves_no_folder_behind(process: Run, empty: Path) -> None:
    nowhere = process(*DOWNLOAD, "--download", HF_ENDPOINT="http://127.0.0.1:9", HOME=str(empty))
    assert nowhere.returncode == 1
    assert "The data set acme/cats cannot be fetched from the Hub: " in nowhere.stderr
    assert "Traceback" not in nowhere.stderr
    assert not (empty / "data").exists()


def test_what_is_to_be_fetched_has_to_be_named(zoo: Run, empty: Path) -> None:
    unnamed = zoo(*DOWNLOAD[:-2], "--download")
    assert unnamed.returncode == 1
    assert "`-o data.repository=USER/NAME`" in unnamed.stderr

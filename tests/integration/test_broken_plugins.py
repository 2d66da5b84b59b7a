"""Every kind of broken plugin installed at once: the zoo still lists, explains and trains."""

import json
import re
import textwrap
from pathlib import Path

import pytest
from program import Run
from site_folder import BROKEN, SOUND, Site


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    for number, (source, _) in enumerate(BROKEN.values()):
        site.install(f"broken{number}", source)
    site.install("nowhere", SOUND, target="nowhere.at_all")
    site.install("first", SOUND, name="twin", distribution="a-dist")
    site.install("second", SOUND, name="twin", distribution="b-dist")
    site.install("namesake", SOUND)
    site.install("chatty", "print('hello')\n" + textwrap.dedent(SOUND))
    site.install("sleepy", "import time\ntime.sleep(1.5)\n" + textwrap.dedent(SOUND))
    return folder


def test_each_is_shown_with_distribution_and_reason_and_all_else_works(process: Run, broken: Path) -> None:
    path = {"PYTHONPATH": str(broken)}
    shown = process("plugins", "--json", **path)
    assert shown.returncode == 0
    records = {record["distribution"]: record for record in json.loads(shown.stdout)}
    for number, (_, reason) in enumerate(BROKEN.values()):
        record = records[f"zoo-broken{number}"]
        assert record["status"] == "failed"
        assert re.search(reason.replace("broken.py", rf"broken{number}\.py"), record["reason"]), record["reason"]
    assert records["zoo-nowhere"]["status"] == "failed"
    assert "another distribution has a plugin named 'twin'" in records["b-dist"]["reason"]
    assert "printed while loading: 'hello'" in records["zoo-chatty"]["reason"]
    assert records["zoo-sleepy"]["reason"].startswith("slow: took 1.")
    assert set(records["gan-zoo"]) == {
        "name", "distribution", "version", "status", "reason", "hooks", "components", "seconds",
    }  # fmt: skip

    listed = process("list", "--json", **path)
    assert listed.returncode == 0
    assert {"ccgan", "context-encoder"} <= {part["name"] for part in json.loads(listed.stdout)}
    assert "plugins could not be loaded" in listed.stderr

    trained = process("train", "ccgan", "--steps", 1, "--width", 4, "--batch-size", 8, **path)
    assert trained.returncode == 0, trained.stderr
    both = process("train", "ccgan", "-o", "loss=hinge", **path)
    assert both.returncode == 2
    assert re.search(r"More than one plugin offers a loss 'hinge'. Write one of: .*namesake:hinge", both.stderr)

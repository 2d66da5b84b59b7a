"""All kinds of broken plugins installed together: the zoo still lists components, gives reasons and trains."""

import json
import re
from pathlib import Path

import pytest
from program import Run
from site_folder import BROKEN, VALID, Site


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    site = Site(folder)
    for number, (source, _) in enumerate(BROKEN.values()):
        site.install(f"broken{number}", source)
    site.install("nowhere", VALID, target="nowhere.at_all")
    site.install("first", VALID, name="twin", distribution="a-dist")
    site.install("second", VALID, name="twin", distribution="b-dist")
    site.install("namesake", VALID)
    return folder


def test_each_is_shown_with_its_distribution_and_the_reason_and_everything_else_works(
    process: Run, broken: Path
) -> None:
    path = {"PYTHONPATH": str(broken)}
    plugins = process("plugins", "--json", **path)
    assert plugins.returncode == 0
    records = {record["distribution"]: record for record in json.loads(plugins.stdout)}
    for number, (_, reason) in enumerate(BROKEN.values()):
        record = records[f"zoo-broken{number}"]
        assert record["status"] == "failed"
        assert re.search(reason.replace("broken.py", rf"broken{number}\.py"), record["reason"]), record["reason"]
    assert records["zoo-nowhere"]["status"] == "failed"
    assert "another distribution has a plugin named 'twin'" in records["b-dist"]["reason"]
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
    assert re.search(r"Several plugins register a loss 'hinge'. Write one of: .*namesake:hinge", both.stderr)

"""`zoo metrics`: its output is read with the csv module."""

import csv
import json
import shutil
from io import StringIO
from pathlib import Path

from program import Run

from zoo_core.report.commands import format_csv


def test_each_step_has_a_row_with_empty_cells_for_missing_values() -> None:
    lines = [{"step": 1, "generator/rec": 0.5}, {"step": 2, "generator/rec": 0.25}, {"step": 2, "validation/x,y": 1.0}]
    assert format_csv(lines) == 'step,generator/rec,"validation/x,y"\n1,0.5,\n2,0.25,1.0\n'


def test_every_number_of_the_run_is_exact(zoo: Run, trained: Path) -> None:
    done = zoo("metrics", trained / "seed-0")
    assert done.returncode == 0
    rows = {int(row["step"]): row for row in csv.DictReader(StringIO(done.stdout))}
    assert list(rows) == [1, 2, 3, 4]
    for line in (trained / "seed-0/metrics.jsonl").read_text().splitlines():
        for name, value in json.loads(line).items():
            assert float(rows[json.loads(line)["step"]][name]) == value
    assert rows[1]["validation/accuracy"] == ""


def test_file_is_only_overwritten_with_the_option(zoo: Run, trained: Path) -> None:
    assert zoo("metrics", trained / "seed-0", "--output", "m.csv").stdout == "Metrics: m.csv\n"
    assert Path("m.csv").read_text() == zoo("metrics", trained / "seed-0").stdout
    refused = zoo("metrics", trained / "seed-1", "--output", "m.csv")
    assert refused.returncode == 2
    assert "m.csv exists. Write `--overwrite`" in refused.stderr
    assert zoo("metrics", trained / "seed-1", "--output", "m.csv", "--overwrite").returncode == 0


def test_run_without_metrics_has_a_header_and_no_rows(zoo: Run, empty: Path, trained: Path) -> None:
    shutil.copytree(trained / "seed-0", "r")
    Path("r/metrics.jsonl").unlink()
    assert zoo("metrics", "r").stdout == "step\n"
    Path("r/metrics.jsonl").write_text("[1]\n")
    assert "metrics.jsonl cannot be read" in zoo("metrics", "r").stderr
    assert "nowhere is not a run" in zoo("metrics", "nowhere").stderr

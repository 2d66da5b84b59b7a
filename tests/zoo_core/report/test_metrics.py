"""`zoo metrics`, read back with the csv module."""

import csv
import json
import shutil
from io import StringIO
from pathlib import Path

from program import Run

from zoo_core.report.metrics import as_csv


def test_a_row_holds_a_step_and_is_empty_where_nothing_was_measured() -> None:
    lines = [{"step": 1, "generator/rec": 0.5}, {"step": 2, "generator/rec": 0.25}, {"step": 2, "validation/x,y": 1.0}]
    assert as_csv(lines) == 'step,generator/rec,"validation/x,y"\n1,0.5,\n2,0.25,1.0\n'


def test_every_number_of_the_run_comes_back_exactly(zoo: Run, trained: Path) -> None:
    done = zoo("metrics", trained / "seed-0")
    assert done.returncode == 0
    rows = {int(row["step"]): row for row in csv.DictReader(StringIO(done.stdout))}
    assert list(rows) == [1, 2, 3, 4]
    for line in (trained / "seed-0/metrics.jsonl").read_text().splitlines():
        for name, value in json.loads(line).items():
            assert float(rows[json.loads(line)["step"]][name]) == value
    assert rows[1]["validation/accuracy"] == ""


def test_it_is_written_to_a_file_that_is_not_overwritten_without_a_word(zoo: Run, trained: Path) -> None:
    assert zoo("metrics", trained / "seed-0", "--output", "m.csv").stdout == "Metrics: m.csv\n"
    assert Path("m.csv").read_text() == zoo("metrics", trained / "seed-0").stdout
    refused = zoo("metrics", trained / "seed-1", "--output", "m.csv")
    assert refused.returncode == 2
    assert "m.csv exists. Write `--overwrite`" in refused.stderr
    assert zoo("metrics", trained / "seed-1", "--output", "m.csv", "--overwrite").returncode == 0


def test_a_run_that_has_just_begun_has_a_header_and_no_rows(zoo: Run, empty: Path, trained: Path) -> None:
    shutil.copytree(trained / "seed-0", "r")
    Path("r/metrics.jsonl").unlink()
    assert zoo("metrics", "r").stdout == "step\n"
    Path("r/metrics.jsonl").write_text("[1]\n")
    assert "metrics.jsonl cannot be read" in zoo("metrics", "r").stderr
    assert "nowhere is not a run" in zoo("metrics", "nowhere").stderr

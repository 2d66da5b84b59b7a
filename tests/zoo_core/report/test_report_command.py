"""`zoo report` as a command: one run, several runs, wrong arguments and damaged files."""

from pathlib import Path

import pytest
from html_page import Page
from program import Run
from report_files import Copy, change, read


def test_training_writes_the_same_report_as_the_command(zoo: Run, empty: Path) -> None:
    done = zoo("train", "ccgan", "--steps", 1, "--width", 2, "--batch-size", 8, "--run-dir", "r")
    assert "Report: r/report.html" in done.stderr
    expected = (empty / "r/report.html").read_bytes()
    (empty / "r/report.html").unlink()
    assert zoo("report", "r").returncode == 0
    assert (empty / "r/report.html").read_bytes() == expected


def test_several_runs_are_compared_with_their_spread(zoo: Run, copy: Copy) -> None:
    runs = [copy("one"), copy("two", 1)]
    assert zoo("report", *runs, "--output", "both.html").stdout == "Report: both.html\n"
    page = Page.read(Path("both.html"))
    first, second = (read(run / "evaluation-validation-raw.json")["hole_psnr"] for run in runs)
    header, row = page.find_rows("Recipe")
    mean, deviation = (first + second) / 2, abs(first - second) / 2**0.5
    assert row[header.index("PSNR in the hole")] == f"{mean:.2f} dB ± {deviation:.2f} dB"
    assert row[:3] == ["ccgan", "digits, 100 labels, 32 px", "2"]
    assert [cells[0] for cells in page.find_rows("Folder")[1:]] == ["one", "two"]
    assert len(page.find_all("img")) == 2
    assert len(page.find_all("code", within="pre")) == 2


def test_comparison_shows_gains_over_the_baseline_and_lists_runs_without_evaluation(zoo: Run, copy: Copy) -> None:
    runs = [copy("one"), copy("base"), copy("odd", 1)]
    change(runs[1] / "run.json", recipe="labels-only")
    for run, accuracy in ((runs[0], 0.8), (runs[1], 0.75)):
        change(run / "evaluation-validation-raw.json", accuracy=accuracy)
    (runs[2] / "evaluation-validation-raw.json").unlink()
    assert zoo("report", *runs, "--output", "p.html").returncode == 0
    page = Page.read(Path("p.html"))
    rows = {row[0]: row for row in page.find_rows("Recipe")[1:]}
    assert rows["ccgan"][-2:] == ["+5.0 points", "20.0 %"]
    assert any(p.text.startswith("Not evaluated on validation images: odd.") for p in page.find_all("p"))


def test_file_is_only_overwritten_with_the_option(zoo: Run, copy: Copy) -> None:
    run = copy()
    Path("mine.html").write_text("mine")
    refused = zoo("report", run, "--output", "mine.html")
    assert refused.returncode == 2
    assert "mine.html exists. Write `--overwrite` to replace it" in refused.stderr
    assert Path("mine.html").read_text() == "mine"
    assert zoo("report", run, "--output", "mine.html", "--overwrite").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere is not a run"),
        (["r", "r", "--output", "p.html"], "A run is named twice"),
        (["r", "q"], "Add `--output FILE.html`"),
        (["r", "--output", "no/such/folder/p.html"], "p.html cannot be written"),
    ],
)
def test_wrong_arguments_give_one_line(zoo: Run, copy: Copy, arguments: list[str], message: str) -> None:
    copy()
    done = zoo("report", *arguments)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("content", ["{", '{"step": 4, "confusion": 5, "split": "validation", "images": 3}'])
@pytest.mark.parametrize(
    "name", ["run.json", "summary.json", "evaluation-validation-raw.json", "extremes/extremes.json", "metrics.jsonl"]
)
def test_damaged_file_gives_a_page_or_one_line(zoo: Run, copy: Copy, name: str, content: str) -> None:
    run = copy()
    (run / name).write_text(content + "\n")
    done = zoo("report", run)
    assert done.returncode == 0 or (done.returncode == 1 and len(done.stderr.splitlines()) == 1)
    assert "This is a bug" not in done.stderr
    if content == "{":
        assert name.rpartition("/")[2] in done.stderr


def test_failed_report_does_not_stop_the_training(zoo: Run, empty: Path) -> None:
    line = ("train", "ccgan", "--steps", 1, "--width", 2, "--batch-size", 8, "--run-dir", "r")
    assert zoo(*line).returncode == 0
    (empty / "r/report.html").unlink()
    (empty / "r/report.html").mkdir()
    done = zoo(*line)
    assert done.returncode == 0
    assert "The plugin 'report' failed in training_finished and is left out of this run: ZooError" in done.stderr
    assert "Trained for 1 step." in done.stdout

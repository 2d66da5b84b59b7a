"""The page of a run is parsed and compared with the files of the run."""

import json
import re
import shlex
import shutil
from base64 import b64decode
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from html_page import Page
from PIL import Image
from program import Run
from report_files import Copy, change, read

NASTY = 'a <b>&"c$x$'


def test_metrics_are_those_of_the_evaluation_files(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    result = read(run / "evaluation-validation-raw.json")
    tested = result | {"split": "test", "images": 500, "accuracy": 0.25, "accuracy_interval": [0.2, 0.31]}
    (run / "evaluation-test-raw.json").write_text(json.dumps(tested))
    header, *rows = report(run).find_rows("Metric")
    assert header == ["Metric", "130 validation images", "500 test images"]
    assert rows[0][2] == "25.0 % (20.0 to 31.0 %)"
    assert rows[0][1].startswith(f"{100 * result['accuracy']:.1f} % (")
    assert ["PSNR in the hole", *2 * [f"{result['hole_psnr']:.2f} dB"]] in rows
    assert ["Calibration error", *2 * [f"{result['calibration_error']:.1%}".replace("%", " %")]] in rows


def test_command_on_the_page_repeats_the_run(zoo: Run, empty: Path, report: Callable[[Path], Page]) -> None:
    options = ["--width", 2, "--seed", 5, "--labels", 50, "-o", "loss.mask=strokes", "-o", "train.ema_decay=0.9"]
    options += ["-o", "train.shift=0", "-o", "discriminator.dropout=0"]
    assert zoo("train", "ccgan", "--steps", 2, "--batch-size", 8, *options, "--run-dir", "r").returncode == 0
    (code,) = report(Path("r")).find_all("code", within="pre")
    again = zoo(*shlex.split(code.text)[1:], "--dry-run", "--json")
    assert json.loads(again.stdout)["settings"] == read(empty / "r/run.json")["settings"]


def test_data_seed_versions_and_components_are_listed(copy: Copy, report: Callable[[Path], Page]) -> None:
    page = report(copy())
    (html,) = page.find_all("html")
    facts = dict(zip((e.text for e in page.find_all("dt")), (e.text for e in page.find_all("dd")), strict=True))
    run = read(Path("r/run.json"))
    assert html.attributes["lang"] == "en"
    assert [title.text for title in page.find_all("title")] == ["ccgan on digits · gan-zoo"]
    assert facts["Data"] == run["data"]
    assert facts["Seed"] == "0"
    assert f"torch {run['versions']['torch']}" in facts["Versions"]
    assert facts["Wall time"] == f"{read(Path('r/summary.json'))['seconds']:.0f} s"
    version = run["components"]["loss"]["version"]
    assert ["loss", "rec-adv-aux", "ccgan", f"gan-zoo {version}"] in page.find_rows("Kind")


def test_every_loss_term_and_metric_has_a_curve_with_its_last_value(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    charts = [svg.attributes["aria-label"] for svg in report(run).find_all("svg")]
    last: dict[str, float] = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        last |= json.loads(line)
    terms = [name.split("/") for name in last if name.startswith(("generator/", "discriminator/"))]
    assert len(terms) > 4
    for network, term in terms:
        (chart,) = [chart for chart in charts if chart.startswith(f"{term.replace('_', ' ')} over steps: ")]
        end = chart.partition(f"{network} from ")[2].partition(";")[0].removesuffix(".")
        assert end.endswith(f"to {last[f'{network}/{term}']:.3f} at step 4")
    (accuracy,) = [chart for chart in charts if chart.startswith("Accuracy over steps")]
    assert accuracy.endswith(f"to {100 * last['validation/accuracy']:.1f} % at step 4.")


def test_images_are_the_files_of_the_run_and_the_last_grid_is_displayed(
    copy: Copy, report: Callable[[Path], Page]
) -> None:
    run = copy()
    images = report(run).find_all("img")
    embedded = [b64decode(image.attributes["src"].removeprefix("data:image/png;base64,")) for image in images]
    files = [*sorted((run / "samples").iterdir()), run / "extremes/worst.png", run / "extremes/best.png"]
    assert embedded == [path.read_bytes() for path in files]
    assert [image.attributes["data-step"] for image in images if "data-step" in image.attributes] == ["2", "4"]
    assert ["hidden" in image.attributes for image in images] == [True, False, False, False]
    assert all(len(image.attributes["alt"]) > 40 for image in images)


def test_worst_and_best_inpaintings_have_their_psnr_from_the_file(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    extremes = read(run / "extremes/extremes.json")
    extremes["best"][0]["hole_psnr"] = None
    (run / "extremes/extremes.json").write_text(json.dumps(extremes))
    expected = [f"{entry['hole_psnr']:.1f} dB" for entry in [*extremes["worst"], *extremes["best"][1:]]]
    assert [item.text for item in report(run).find_all("li", within="ol")] == [*expected[:6], "exact", *expected[6:]]


def test_forty_of_very_many_sample_grids_are_on_the_page_with_a_note(
    copy: Copy, report: Callable[[Path], Page]
) -> None:
    run = copy()
    for step in range(10, 1000, 10):
        Image.new("L", (4, 4)).save(run / f"samples/step-{step:08d}.png")
    page = report(run)
    steps = [int(image.attributes["data-step"]) for image in page.find_all("img") if "data-step" in image.attributes]
    assert (len(steps), steps[0], steps[-1]) == (40, 2, 990)
    gaps = [after - before for before, after in pairwise(steps)][1:]
    assert set(gaps) <= {20, 30}
    assert any("Showing 40 of 101 sample grids" in p.text for p in page.find_all("p"))


def test_confusion_matrix_is_also_a_table_with_class_names(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    result = read(run / "evaluation-validation-raw.json")["confusion"]
    header, *rows = report(run).find_rows("True \\ predicted")
    assert header[1:] == [row[0] for row in rows] == read(run / "run.json")["classes"]
    assert [list(map(int, row[1:])) for row in rows] == result


def test_results_by_class_and_hole_size_are_from_test_images_if_available(
    copy: Copy, report: Callable[[Path], Page]
) -> None:
    run = copy()
    result = read(run / "evaluation-validation-raw.json")
    confusion = [[7 * (row == column) for column in range(10)] for row in range(10)]
    (run / "evaluation-test-raw.json").write_text(json.dumps(result | {"split": "test", "confusion": confusion}))
    titles = [caption.text for caption in report(run).find_all("figcaption")]
    assert "True and predicted classes of 70 test images" in titles
    assert "L1 error in the hole, test images" in titles


def test_error_by_hole_size_is_a_table(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    results = read(run / "evaluation-validation-raw.json")["hole_by_size"]
    _, *rows = report(run).find_rows("Side of the hole")
    assert [row[0] for row in rows] == ["25.0 %", "37.5 %", "50.0 %"]
    assert [row[3] for row in rows] == [f"{result['hole_l1']:.3f}" for result in results.values()]


def test_warnings_and_skipped_files_are_listed_if_there_are_any(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    (run / "warnings.jsonl").unlink(missing_ok=True)
    assert "Warnings" not in [heading.text for heading in report(run).find_all("h2")]
    (run / "warnings.jsonl").write_text(json.dumps({"step": 1200, "warning": "Mode collapse."}) + "\n")
    (run / "skipped-files.txt").write_text("cats/1.jpg: cut off\n")
    items = [item.text for item in report(run).find_all("li")]
    assert "Step 1,200: Mode collapse." in items
    assert "cats/1.jpg: cut off" in items
    assert any("1 image file could not be read" in text for text in items)


def test_page_loads_nothing_and_ids_are_unique(copy: Copy, report: Callable[[Path], Page]) -> None:
    page = report(copy())
    text = Path("r/report.html").read_text()
    without_images = re.sub(r"base64,[\w+/=]+", "", text)
    assert not re.findall(r"https?:|//[a-z]|@import|<link", without_images)
    assert not [script for script in page.find_all("script") if "src" in script.attributes]
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids)) > 100
    references = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {first or second for first, second in references} <= set(ids)


def test_page_is_accessible_to_screen_readers(copy: Copy, report: Callable[[Path], Page]) -> None:
    page = report(copy())
    assert len(page.find_all("h1")) == 1
    assert all(svg.attributes["role"] == "img" and svg.attributes["aria-label"] for svg in page.find_all("svg"))
    assert all(header.attributes["scope"] in ("col", "row") for header in page.find_all("th"))
    ids = {element.attributes.get("id") for element in page.elements}
    assert {label.attributes["for"] for label in page.find_all("label")} == {"step-slider"} <= ids
    assert {section.attributes["aria-labelledby"] for section in page.find_all("section")} <= ids


def test_names_that_look_like_html_are_escaped(copy: Copy, report: Callable[[Path], Page], zoo: Run) -> None:
    run = copy(NASTY)
    classes = [NASTY, *read(run / "run.json")["classes"][1:]]
    change(run / "run.json", classes=classes, recipe=NASTY, data=NASTY)
    (run / "warnings.jsonl").write_text(json.dumps({"step": 1, "warning": NASTY}) + "\n")
    page = report(run)
    assert page.find_all("b") == []
    assert page.find_all("h1")[0].text == f"{NASTY} on digits"
    assert page.find_rows("True \\ predicted")[1][0] == NASTY
    assert NASTY in [text.text for text in page.find_all("text")]
    assert f"Step 1: {NASTY}" in [item.text for item in page.find_all("li")]


def test_run_without_evaluation_files_shows_the_logged_metrics(copy: Copy, report: Callable[[Path], Page]) -> None:
    run = copy()
    (run / "evaluation-validation-raw.json").unlink()
    shutil.rmtree(run / "extremes")
    page = report(run)
    assert page.find_rows("Metric")[0] == ["Metric", "130 validation images"]
    assert page.find_rows("True \\ predicted") == []
    assert "class" not in " ".join(heading.text for heading in page.find_all("h2"))


def test_unfinished_run_is_marked(zoo: Run, empty: Path, report: Callable[[Path], Page]) -> None:
    small = ("--width", 2, "--batch-size", 8, "--log-every", 1)
    zoo("train", "ccgan", "--steps", 9, *small, "--run-dir", "r", "--max-hours", 1e-9)
    page = report(Path("r"))
    assert "This run is not finished." in [element.text for element in page.find_all("strong")]
    assert "1 of 9" in [element.text for element in page.find_all("dd")]
    assert page.find_all("img") == []


def test_gan_trained_from_python_that_only_samples_has_no_sections_about_holes(
    empty: Path, report: Callable[[Path], Page]
) -> None:
    import torch
    from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss, make_dataset

    from zoo_core import Trainer, TrainingData, TrainSettings

    data = TrainingData(make_dataset(classes=0))
    torch.manual_seed(0)
    networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
    Trainer(*networks, TinyLoss(), data, TrainSettings(steps=2, batch_size=8), "r").train()
    page = report(Path("r"))
    assert [heading.text for heading in page.find_all("h2")] == ["Images", "Curves", "Reproduce this run"]
    assert page.find_all("pre") == []
    assert [image.attributes["alt"] for image in page.find_all("img")] == ["Generated images at step 2."]

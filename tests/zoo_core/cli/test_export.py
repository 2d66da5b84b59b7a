"""`zoo export` as a user types it, and the exported folder on another machine."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import program
import pytest
import yaml
from PIL import Image
from program import Run
from safetensors.torch import load_file

from zoo_core import load_model

EXTRAS = ("gradio", "matplotlib", "onnx", "onnxruntime", "onnxscript", "tensorboard", "jinja2")
WITHOUT_EXTRAS = f"""
import sys
from importlib.machinery import PathFinder
class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in {EXTRAS} else PathFinder.find_spec(name, path, target)
    @classmethod
    def find_distributions(cls, context):
        return [] if context.name in {EXTRAS} else PathFinder.find_distributions(context)
sys.meta_path = [Without if finder is PathFinder else finder for finder in sys.meta_path]
from zoo_core.cli.main import main
main()
"""


@pytest.fixture
def exported(small_run: Path, tmp_path: Path) -> Path:
    """An export of the small run that a test may damage."""
    done = program.run_here("export", small_run, tmp_path / "export")
    assert done.returncode == 0, done.stderr
    return tmp_path / "export"


def write_photo(path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def read_card(folder: Path) -> tuple[dict[str, Any], str]:
    """The metadata of a model card, and its text."""
    _, metadata, text = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(metadata), text


@pytest.mark.slow
def test_a_moved_export_gives_the_same_results_as_its_run_without_any_extra(
    zoo: Run, empty: Path, small_run: Path
) -> None:
    write_photo(empty / "a.png")
    shutil.copytree(small_run, "run")
    inpaint, predict = ("a.png", "--box", "10,5,20,30", "--output"), ("a.png", "--json")
    assert zoo("inpaint", "run", *inpaint, "by-run").returncode == 0
    predicted = zoo("predict", "run", *predict).stdout
    assert zoo("export", "run", "export").returncode == 0
    shutil.rmtree("run")
    Path("elsewhere").mkdir()
    Path("export").rename("elsewhere/model")
    for line in (("inpaint", "elsewhere/model", *inpaint, "by-export"), ("predict", "elsewhere/model", *predict)):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_EXTRAS, *line], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert "run" not in done.stderr
    assert json.loads(done.stdout) == json.loads(predicted)
    by_run, by_export = (np.asarray(Image.open(f"{folder}/a.png.png")) for folder in ("by-run", "by-export"))
    assert np.array_equal(by_run, by_export)


def test_the_weights_are_those_that_were_requested(zoo: Run, empty: Path) -> None:
    line = ("train", "ccgan-modern", "--steps", 2, "--width", 2, "--batch-size", 12, "--run-dir", "run")
    assert zoo(*line).returncode == 0
    for name, options in (("ema", ()), ("raw", ("--weights", "raw"))):
        assert zoo("export", "run", name, *options).returncode == 0
        assert json.loads((empty / name / "config.json").read_text())["weights"] == name
        weights = load_file(empty / name / "model.safetensors")
        assert {key.partition(".")[0] for key in weights} == {"generator", "discriminator"}
    (checkpoint,) = sorted(Path("run/checkpoints").glob("step-*2"))
    raw, averaged = (load_file(checkpoint / f"generator{suffix}.safetensors") for suffix in ("", ".ema"))
    key = "encoder.0.0.weight"
    for name, expected, prefix in (("raw", raw, ""), ("ema", averaged, "module.")):
        exported = load_file(empty / name / "model.safetensors")[f"generator.{key}"]
        assert exported.equal(expected[prefix + key])
    assert not raw[key].equal(averaged[f"module.{key}"])


def test_the_card_has_metadata_for_the_hub_and_the_metrics_of_the_run(zoo: Run, empty: Path, small_run: Path) -> None:
    shutil.copytree(small_run, "run")
    assert zoo("export", "run", "before").returncode == 0
    metadata, text = read_card(empty / "before")
    assert {result["dataset"]["split"] for result in metadata["model-index"][0]["results"]} == {"validation"}
    assert "These weights were not evaluated on test images" in text
    evaluation = json.loads(zoo("evaluate", "run", "--json").stdout)
    assert zoo("export", "run", "after").returncode == 0
    metadata, text = read_card(empty / "after")
    assert (metadata["library_name"], metadata["pipeline_tag"]) == ("gan-zoo", "image-to-image")
    assert {"gan", "inpainting", "semi-supervised-learning"} <= set(metadata["tags"])
    assert "license" not in metadata
    test_results = [result for result in metadata["model-index"][0]["results"] if result["dataset"]["split"] == "test"]
    values = {metric["name"]: metric["value"] for result in test_results for metric in result["metrics"]}
    assert values == {name: evaluation[name.replace(" ", "_")] for name in ("accuracy", "hole psnr", "hole ssim")}
    assert f"| accuracy | {100 * evaluation['accuracy']:.1f} % |" in text
    assert f"| hole psnr | {evaluation['hole_psnr']:.2f} dB |" in text
    assert "On 500 test images, which were not used during training" in text
    assert "100 labelled, 1,067 unlabelled, 130 held out" in text
    assert "- 2 steps with batches of 64 images, seed 0" in text


def test_the_command_in_the_card_has_the_settings_of_the_run(zoo: Run, empty: Path) -> None:
    options = ("--steps", 1, "--width", 2, "--labels", 50, "-o", "loss.mask=strokes", "-o", "data.validation=20")
    changed = ("-o", "loss=class-only", "-o", "train.horizontal_flip=true")
    for number, line in enumerate((options, (*options[:6], *changed))):
        assert zoo("train", "ccgan", *line, "--run-dir", f"run{number}").returncode == 0
        assert zoo("export", f"run{number}", f"export{number}").returncode == 0
        (command,) = re.findall(r"^zoo (train .*)$", read_card(empty / f"export{number}")[1], re.MULTILINE)
        settings = json.loads(zoo(*command.split(), "--dry-run", "--json").stdout)["settings"]
        assert settings == json.loads(Path(f"run{number}/run.json").read_text())["settings"]


def test_no_file_contains_paths_of_the_machine_that_trained(zoo: Run, empty: Path) -> None:
    for number in range(40):
        path = empty / "private/pets" / ("cats", "dogs")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (6 * number, 0, 0)).save(path)
    line = ("train", "ccgan", "--data", empty / "private/pets", "--steps", 1, "--width", 2, "--batch-size", 4)
    assert zoo(*line, "--run-dir", "run").returncode == 0
    assert zoo("export", "run", "export").returncode == 0
    for path in Path("export").iterdir():
        assert b"private" not in path.read_bytes(), path
    assert "training images from folder pets: " in read_card(empty / "export")[1]
    assert "-o data.root=DIR " in read_card(empty / "export")[1]


def test_an_existing_folder_is_never_replaced(zoo: Run, empty: Path, small_run: Path) -> None:
    (empty / "existing").mkdir()
    done = zoo("export", small_run, "existing")
    assert (done.returncode, done.stderr) == (2, "zoo: existing exists. Name a new folder.\n")
    assert list(Path("existing").iterdir()) == []


def test_an_error_leaves_no_folder(zoo: Run, empty: Path) -> None:
    (empty / "not-a-run").mkdir()
    done = zoo("export", "not-a-run", "export")
    assert done.returncode == 1
    assert "not-a-run is not a run: it has no run.json" in done.stderr
    assert [path.name for path in empty.iterdir()] == ["not-a-run"]


def change_config(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def replace_components(folder: Path) -> None:
    component = {"plugin": "gone", "name": "painter", "distribution": "zoo-gone", "version": "2.5"}
    change_config(folder, components={"generator": component, "discriminator": component})


def flip_bit(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (flip_bit, "model.safetensors is damaged: it was changed after it was written"),
    "weights gone": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors cannot be read"),
    "unknown format": (
        lambda f: change_config(f, gan_zoo_format=9),
        "has export format 9; this version reads format 2. Install a newer gan-zoo to use it.",
    ),
    "format of gan-zoo 0.1.0": (
        lambda f: change_config(f, gan_zoo_format=1),
        "export was exported by gan-zoo 0.1.0, whose names of settings differ: install gan-zoo==0.1.0 to use it, or "
        "train its run again with this version and export that.",
    ),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "config.json cannot be read"),
    "foreign": (lambda f: (f / "config.json").write_text("{}"), "config.json was not written by `zoo export`"),
    "another spec": (
        lambda f: change_config(f, spec={"channels": 3, "height": 32, "width": 32, "classes": 10}),
        "do not fit the generator that is installed",
    ),
    "not installed": (
        replace_components,
        "needs the generator gone:painter of zoo-gone 2.5 and the discriminator gone:painter of zoo-gone 2.5, "
        "which is not installed",
    ),
    "config gone": (lambda f: (f / "config.json").unlink(), "is not a run or an exported model"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_or_foreign_folder_gives_one_message(zoo: Run, empty: Path, exported: Path, kind: str) -> None:
    damage, message = DAMAGE[kind]
    damage(exported)
    write_photo(empty / "a.png")
    done = zoo("predict", exported, "a.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_changed_versions_and_missing_calibration_are_reported(exported: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    config["components"]["generator"]["version"] = "0.0.1"
    change_config(exported, components=config["components"], temperature=None)
    changed, uncalibrated = load_model(exported).notes
    assert "The generator ccgan:masked-autoencoder was from gan-zoo 0.0.1 when the run was started" in changed
    assert "probabilities are not calibrated" in uncalibrated

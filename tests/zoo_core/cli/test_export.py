"""`zoo export` as a user types it, and what becomes of the folder on another machine."""

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
    """An export of the small run, to break things in."""
    done = program.here("export", small_run, tmp_path / "export")
    assert done.returncode == 0, done.stderr
    return tmp_path / "export"


def photo(path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def card(folder: Path) -> tuple[dict[str, Any], str]:
    """The head of a model card, and its text."""
    _, head, text = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(head), text


@pytest.mark.slow
def test_a_moved_export_does_what_its_run_did_in_another_process_without_any_extra(
    zoo: Run, empty: Path, small_run: Path
) -> None:
    photo(empty / "a.png")
    shutil.copytree(small_run, "run")
    fill, tell = ("a.png", "--box", "10,5,20,30", "--output"), ("a.png", "--json")
    assert zoo("inpaint", "run", *fill, "by-run").returncode == 0
    told = zoo("predict", "run", *tell).stdout
    assert zoo("export", "run", "export").returncode == 0
    shutil.rmtree("run")
    Path("far/away").mkdir(parents=True)
    Path("export").rename("far/away/model")
    for line in (("inpaint", "far/away/model", *fill, "by-export"), ("predict", "far/away/model", *tell)):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_EXTRAS, *line], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert "run" not in done.stderr
    assert json.loads(done.stdout) == json.loads(told)
    assert np.array_equal(*(np.asarray(Image.open(f"{folder}/a.png.png")) for folder in ("by-run", "by-export")))


def test_the_weights_are_those_that_are_used(zoo: Run, empty: Path) -> None:
    line = ("train", "ccgan-modern", "--steps", 2, "--width", 2, "--batch-size", 12, "--run-dir", "run")
    assert zoo(*line).returncode == 0
    for name, options in (("ema", ()), ("raw", ("--weights", "raw"))):
        assert zoo("export", "run", name, *options).returncode == 0
        assert json.loads((empty / name / "config.json").read_text())["weights"] == name
        weights = load_file(empty / name / "model.safetensors")
        assert {key.partition(".")[0] for key in weights} == {"generator", "discriminator"}
    (checkpoint,) = sorted(Path("run/checkpoints").glob("step-*2"))
    raw, averaged = (load_file(checkpoint / f"generator{suffix}.safetensors") for suffix in ("", ".average"))
    key = "encoder.0.0.weight"
    for name, expected, prefix in (("raw", raw, ""), ("ema", averaged, "module.")):
        exported = load_file(empty / name / "model.safetensors")[f"generator.{key}"]
        assert exported.equal(expected[prefix + key])
    assert not raw[key].equal(averaged[f"module.{key}"])


def test_the_card_has_a_head_for_the_hub_and_numbers_of_the_runs_files_alone(
    zoo: Run, empty: Path, small_run: Path
) -> None:
    shutil.copytree(small_run, "run")
    assert zoo("export", "run", "before").returncode == 0
    head, text = card(empty / "before")
    assert {result["dataset"]["split"] for result in head["model-index"][0]["results"]} == {"validation"}
    assert "Test images were not measured" in text
    measured = json.loads(zoo("evaluate", "run", "--json").stdout)
    assert zoo("export", "run", "after").returncode == 0
    head, text = card(empty / "after")
    assert (head["library_name"], head["pipeline_tag"]) == ("gan-zoo", "image-to-image")
    assert {"gan", "inpainting", "semi-supervised-learning"} <= set(head["tags"])
    assert "license" not in head
    of_test = [result for result in head["model-index"][0]["results"] if result["dataset"]["split"] == "test"]
    told = {metric["name"]: metric["value"] for result in of_test for metric in result["metrics"]}
    assert told == {name: measured[name.replace(" ", "_")] for name in ("accuracy", "hole psnr", "hole ssim")}
    assert f"| accuracy | {100 * measured['accuracy']:.1f} % |" in text
    assert f"| hole psnr | {measured['hole_psnr']:.2f} dB |" in text
    assert "On 500 test images, which training never read" in text
    assert "100 labelled, 1,067 unlabelled, 130 held out" in text
    assert "- 2 steps of 64 images, seed 0" in text


def test_the_cards_command_trains_with_the_same_settings(zoo: Run, empty: Path) -> None:
    options = ("--steps", 1, "--width", 2, "--labels", 50, "-o", "loss.mask=strokes", "-o", "data.validation=20")
    swapped = ("-o", "loss=class-only", "-o", "train.horizontal_flip=true")
    for number, line in enumerate((options, (*options[:6], *swapped))):
        assert zoo("train", "ccgan", *line, "--run-dir", f"run{number}").returncode == 0
        assert zoo("export", f"run{number}", f"export{number}").returncode == 0
        (command,) = re.findall(r"^zoo (train .*)$", card(empty / f"export{number}")[1], re.MULTILINE)
        asked = json.loads(zoo(*command.split(), "--dry-run", "--json").stdout)["settings"]
        assert asked == json.loads(Path(f"run{number}/run.json").read_text())["settings"]


def test_places_on_the_machine_of_the_training_are_in_no_file(zoo: Run, empty: Path) -> None:
    for number in range(40):
        path = empty / "private/pets" / ("cats", "dogs")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), (6 * number, 0, 0)).save(path)
    line = ("train", "ccgan", "--data", empty / "private/pets", "--steps", 1, "--width", 2, "--batch-size", 4)
    assert zoo(*line, "--run-dir", "run").returncode == 0
    assert zoo("export", "run", "export").returncode == 0
    for path in Path("export").iterdir():
        assert b"private" not in path.read_bytes(), path
    assert "training images from folder pets: " in card(empty / "export")[1]
    assert "-o data.root=DIR " in card(empty / "export")[1]


def test_what_exists_is_never_replaced(zoo: Run, empty: Path, small_run: Path) -> None:
    (empty / "there").mkdir()
    done = zoo("export", small_run, "there")
    assert (done.returncode, done.stderr) == (2, "zoo: there exists. Name a new folder.\n")
    assert list(Path("there").iterdir()) == []


def test_what_is_no_run_leaves_no_folder(zoo: Run, empty: Path) -> None:
    (empty / "void").mkdir()
    done = zoo("export", "void", "export")
    assert done.returncode == 1
    assert "void is not a run: it holds no run.json" in done.stderr
    assert [path.name for path in empty.iterdir()] == ["void"]


def changed_config(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | values))


def another_component(folder: Path) -> None:
    component = {"plugin": "gone", "name": "painter", "distribution": "zoo-gone", "version": "2.5"}
    changed_config(folder, components={"generator": component, "discriminator": component})


def a_flipped_bit(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a flipped bit": (a_flipped_bit, "model.safetensors is damaged: its content is not what was written"),
    "weights gone": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors cannot be read"),
    "unknown format": (lambda f: changed_config(f, gan_zoo_format=9), "has export format 9; this version reads 1."),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "config.json cannot be read"),
    "foreign": (lambda f: (f / "config.json").write_text("{}"), "config.json is not one that `zoo export` wrote"),
    "another spec": (
        lambda f: changed_config(f, spec={"channels": 3, "height": 32, "width": 32, "classes": 10}),
        "do not fit the generator that is installed here",
    ),
    "not installed": (
        another_component,
        "needs the generator gone:painter of zoo-gone 2.5 and the discriminator gone:painter of zoo-gone 2.5, not "
        "installed here",
    ),
    "config gone": (lambda f: (f / "config.json").unlink(), "is not a run, nor an exported model"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_or_foreign_folder_gives_one_sentence(zoo: Run, empty: Path, exported: Path, kind: str) -> None:
    damage, words = DAMAGE[kind]
    damage(exported)
    photo(empty / "a.png")
    done = zoo("predict", exported, "a.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_other_versions_than_those_of_the_training_are_told(exported: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    config["components"]["generator"]["version"] = "0.0.1"
    changed_config(exported, components=config["components"], temperature=None)
    changed, uncalibrated = load_model(exported).remarks
    assert "The generator ccgan:masked-autoencoder was from gan-zoo 0.0.1 when the run was started" in changed
    assert "probabilities are not calibrated" in uncalibrated


def test_onnx_without_its_extra_says_what_to_install(
    zoo: Run, empty: Path, small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)  # as if it were not installed
    done = zoo("export", small_run, "export", "--onnx")
    assert done.returncode == 1
    assert done.stderr == "zoo: This needs onnxscript, not installed here: pip install 'gan-zoo[onnx]'.\n"
    assert list(empty.iterdir()) == []

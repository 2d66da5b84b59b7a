"""`zoo export` as a user types it: a folder that stands on its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from program import Run

from zoo_core import Inpainter, box_hole, inpaint, load_model, predict
from zoo_core.contract.capabilities import Classifier

FIRST = {"model.safetensors", "config.json", "README.md"}
EXTRAS = ("onnx", "onnxscript", "onnxruntime", "gradio", "tensorboard", "playwright")


def photo(path: Path) -> Path:
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)).save(path)
    return path


def test_an_exported_model_does_what_its_run_does_wherever_it_is_moved(zoo: Run, empty: Path, small_run: Path) -> None:
    picture = Image.open(photo(empty / "a.png"))
    hole = box_hole(picture, (10, 10, 20, 20))
    model = load_model(small_run)
    assert zoo("export", small_run, "exported").returncode == 0
    assert {path.name for path in Path("exported").iterdir()} == FIRST
    shutil.move("exported", empty / "elsewhere")
    moved = load_model(empty / "elsewhere")
    assert moved.remarks == model.remarks
    expected, got = (np.asarray(inpaint(m, picture, hole).picture) for m in (model, moved))
    assert (expected == got).all()
    assert [p.probabilities for p in predict(model, ["a.png"])] == [p.probabilities for p in predict(moved, ["a.png"])]


def test_averaged_weights_are_what_is_given_away(zoo: Run, empty: Path) -> None:
    line = ("train", "ccgan", "--steps", 3, "--width", 2, "-o", "train.average=0.5", "--run-dir", "run")
    assert zoo(*line).returncode == 0
    assert zoo("export", "run", "averaged").returncode == 0
    assert zoo("export", "run", "raw", "--weights", "raw").returncode == 0
    first, averaged, raw = (next(iter(load_model(path).generator.parameters())) for path in ("run", "averaged", "raw"))
    assert torch.equal(first, averaged)
    assert not torch.equal(first, raw)


@pytest.mark.slow
def test_it_works_where_none_of_the_extras_is_installed(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "a.png")
    assert zoo("export", small_run, "exported").returncode == 0
    script = (
        f"import sys\nsys.modules.update(dict.fromkeys({EXTRAS!r}))\nfrom zoo_core.face.cli import main\n"
        "main(['inpaint', 'exported', 'a.png', '--output', 'out', '--random'])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert Path("out/a.png.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "norm"), [(32, "instance"), (64, "batch")])
def test_onnx_files_compute_what_pytorch_does(zoo: Run, empty: Path, size: int, norm: str) -> None:
    from onnxruntime import InferenceSession

    line = ("train", "ccgan", "--steps", 2, "--width", 4, "--image-size", size, "-o", f"discriminator.norm={norm}")
    assert zoo(*line, "--run-dir", "run").returncode == 0
    done = zoo("export", "run", "exported", "--onnx", "--json")
    assert done.returncode == 0, done.stderr
    assert max(json.loads(done.stdout)["onnx_differences"].values()) <= 1e-4
    model = load_model("run")
    assert isinstance(model.generator, Inpainter)
    assert isinstance(model.discriminator, Classifier)
    generator, discriminator = (
        InferenceSession(f"exported/{name}.onnx", providers=["CPUExecutionProvider"])
        for name in ("generator", "discriminator")
    )
    for count in (1, 5):
        images, holes = torch.rand(count, 1, size, size) * 2 - 1, torch.rand(count, 1, size, size).round()
        (drawn,) = generator.run(["x_G"], {"images": images.numpy(), "holes": holes.numpy()})
        (told,) = discriminator.run(["probabilities"], {"images": images.numpy()})
        with torch.no_grad():
            assert np.abs(drawn - model.generator.inpaint(images, holes).numpy()).max() < 1e-4
            logits = model.discriminator.classify(images)
        assert np.abs(told - (logits / (model.temperature or 1)).softmax(1).numpy()).max() < 1e-4
        assert told.sum(1) == pytest.approx(1, abs=1e-5)


def test_the_card_says_what_was_measured_and_nothing_of_this_machine(zoo: Run, empty: Path) -> None:
    for number in range(40):
        path = empty / "private place" / ("cats", "dogs")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (32, 32), 6 * number).save(path)
    train = ("train", "ccgan", "--data", "private place", "--steps", 2, "--width", 2, "--batch-size", 8)
    assert zoo(*train, "--run-dir", "run").returncode == 0
    measured = json.loads(zoo("evaluate", "run", "--json").stdout)
    assert zoo("export", "run", "exported").returncode == 0
    card = Path("exported/README.md").read_text()
    _, head, text = card.split("---\n", 2)
    results = {result["dataset"]["split"]: result for result in yaml.safe_load(head)["model-index"][0]["results"]}
    metrics = {metric["type"]: metric["value"] for metric in results["test"]["metrics"]}
    assert metrics == {
        "accuracy": measured["accuracy"], "psnr": measured["hole_psnr"], "ssim": measured["hole_ssim"]
    }  # fmt: skip
    assert f"| hole psnr | {measured['hole_psnr']:.2f} dB |" in text
    assert "2 classes an image shows: cats, dogs" in text
    assert "data.root=DIR" in text
    assert str(empty) not in card + Path("exported/config.json").read_text()


def test_what_is_wrong_with_a_folder_is_one_sentence(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "a.png")
    assert zoo("export", small_run, "good").returncode == 0
    done = zoo("export", small_run, "good")
    assert (done.returncode, done.stderr) == (2, "zoo: good exists. Name a new folder.\n")

    def broken(name: str, **changes: object) -> str:
        shutil.copytree("good", name)
        config = json.loads(Path(name, "config.json").read_text())
        Path(name, "config.json").write_text(json.dumps(config | changes))
        done = zoo("predict", name, "a.png")
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        return done.stderr

    assert "has format 99" in broken("future", gan_zoo_format=99)
    part = {"plugin": "other", "name": "net", "distribution": "zoo-other", "version": "3"}
    assert "needs the generator other:net of zoo-other 3" in broken("foreign", components={"generator": part})
    assert "is damaged: its content is not what was written" in broken("altered", sha256={"model.safetensors": "0"})
    (empty / "void").mkdir()
    assert "void is not a run, nor an exported model" in zoo("predict", "void", "a.png").stderr
    assert zoo("export", "void", "new").returncode == 1
    assert not Path("new").exists()

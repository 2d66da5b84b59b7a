"""ONNX files, run by ONNX Runtime alone and held against the networks they were made of."""

from pathlib import Path

import numpy as np
import program
import pytest
import torch
from painters import model
from program import Run
from tiny_gan import TinyGenerator
from torch import Tensor

from zoo_core import Classifier, Generator, Inpainter, ZooError, load_model
from zoo_core.inference import onnx_file
from zoo_core.inference.onnx_export import write_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.slow


class Undecided(Generator):
    """Takes another way for dark images, which a graph cannot."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images if images.mean() > 0 else masks.expand_as(images)


class Loud(Generator):
    """Draws x + 1 in PyTorch, and x where it is written down as a graph."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images if torch.compiler.is_exporting() else images + 1


@pytest.fixture(scope="module", params=["batch", "instance"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run of each kind of normalisation, one with 32 and one with 64 pixels, and its export with ONNX files."""
    folder = tmp_path_factory.mktemp(request.param)
    size = {"batch": 32, "instance": 64}[request.param]
    norms = [word for part in ("generator", "discriminator") for word in ("-o", f"{part}.norm={request.param}")]
    line = ("train", "ccgan", "--steps", 2, "--width", 2, "--batch-size", 8, "--image-size", size, *norms)
    assert program.here(*line, "--run-dir", folder / "run").returncode == 0
    done = program.here("export", folder / "run", folder / "export", "--onnx")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("opset 18; differs from PyTorch by") == 2
    return folder / "run", folder / "export"


def outputs(path: Path, **inputs: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [given.name for given in session.get_inputs()] == list(inputs)
    (output,) = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return torch.from_numpy(output)


def test_onnx_runtime_computes_what_pytorch_does_in_any_batch_size(exported: tuple[Path, Path]) -> None:
    run, export = exported
    trained = load_model(run)
    assert isinstance(trained.generator, Inpainter)
    assert isinstance(trained.discriminator, Classifier)
    random = np.random.default_rng(0)
    for count in (1, 3):
        shape = (trained.spec.channels, trained.spec.height, trained.spec.width)
        images = torch.from_numpy(random.uniform(-1, 1, (count, *shape)).astype(np.float32))
        masks = torch.zeros(count, 1, *shape[1:])
        masks[:, :, 8:24, 4:20] = 1
        with torch.no_grad():
            drawn = trained.generator.inpaint(images, masks)
            logits = trained.discriminator.classify(images)
        assert outputs(export / "generator.onnx", images=images, masks=masks).sub(drawn).abs().max() < 1e-4
        shares = outputs(export / "discriminator.onnx", images=images)
        assert shares.sub((logits / trained.temperature).softmax(1)).abs().max() < 1e-4
        assert shares.sum(1).sub(1).abs().max() < 1e-5
        assert outputs(export / "discriminator.onnx", images=images).equal(shares)


def test_the_files_state_their_operators_and_are_whole(exported: tuple[Path, Path]) -> None:
    for name in ("generator", "discriminator"):
        written = onnx.load(exported[1] / f"{name}.onnx")
        onnx.checker.check_model(written)
        assert [one.version for one in written.opset_import if one.domain == ""] == [18]
        assert "Dropout" not in {node.op_type for node in written.graph.node}
    assert "operators of version 18" in (exported[1] / "README.md").read_text()


def test_a_generator_that_fills_no_holes_is_left_out_and_named(tmp_path: Path) -> None:
    written, left_out = write_onnx(model(TinyGenerator), tmp_path)
    assert written == []
    assert left_out == [
        "No generator.onnx: TinyGenerator does not fill holes.",
        "No discriminator.onnx: TinyDiscriminator tells no classes here.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_network_without_a_form_in_onnx_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"^generator has no form in ONNX: [^\n]*Leave `--onnx` out\.$"):
        write_onnx(model(Undecided), tmp_path)


def test_a_file_that_computes_something_else_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"generator\.onnx differs from PyTorch by 1\.0e\+00, more than 1e-04"):
        write_onnx(model(Loud), tmp_path)


def test_an_error_of_onnx_leaves_no_folder(
    zoo: Run, empty: Path, small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "TOLERANCE", -1.0)
    done = zoo("export", small_run, "export", "--onnx")
    assert done.returncode == 1
    assert "generator.onnx differs from PyTorch" in done.stderr
    assert list(empty.iterdir()) == []

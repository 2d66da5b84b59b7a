"""ONNX files, run with ONNX Runtime and compared with the networks that were exported."""

from pathlib import Path

import numpy as np
import program
import pytest
import torch
from program import Run
from simple_generators import make_model
from tiny_gan import TinyGenerator
from torch import Tensor

from zoo_core import Classifier, Generator, Inpainter, ZooError, load_model
from zoo_core.inference import onnx_export
from zoo_core.inference.onnx_export import write_onnx

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("onnxscript")
pytestmark = [pytest.mark.extra, pytest.mark.slow]


class DataDependentGenerator(Generator):
    """Branches on the values of its input, which a graph cannot."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images if images.mean() > 0 else masks.expand_as(images)


class InconsistentGenerator(Generator):
    """Returns x + 1 in PyTorch, and x while it is exported."""

    def inpaint(self, images: Tensor, masks: Tensor) -> Tensor:
        return images if torch.compiler.is_exporting() else images + 1


@pytest.fixture(scope="module", params=["batch", "instance"])
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run and its export with ONNX files: with BatchNorm and 32 pixels, or InstanceNorm and 64 pixels."""
    folder = tmp_path_factory.mktemp(request.param)
    size = {"batch": 32, "instance": 64}[request.param]
    norms = [word for part in ("generator", "discriminator") for word in ("-o", f"{part}.norm={request.param}")]
    line = ("train", "ccgan", "--steps", 2, "--width", 2, "--batch-size", 8, "--image-size", size, *norms)
    assert program.run_here(*line, "--run-dir", folder / "run").returncode == 0
    done = program.run_here("export", folder / "run", folder / "export", "--onnx")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("opset 18; differs from PyTorch by") == 2
    return folder / "run", folder / "export"


def run_onnx(path: Path, **inputs: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [value.name for value in session.get_inputs()] == list(inputs)
    (output,) = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return torch.from_numpy(output)


def test_onnx_runtime_gives_the_outputs_of_pytorch_for_any_batch_size(exported: tuple[Path, Path]) -> None:
    run, export = exported
    trained = load_model(run)
    assert isinstance(trained.generator, Inpainter)
    assert isinstance(trained.discriminator, Classifier)
    assert trained.temperature is not None
    random = np.random.default_rng(0)
    for count in (1, 3):
        shape = (trained.spec.channels, trained.spec.height, trained.spec.width)
        images = torch.from_numpy(random.uniform(-1, 1, (count, *shape)).astype(np.float32))
        masks = torch.zeros(count, 1, *shape[1:])
        masks[:, :, 8:24, 4:20] = 1
        with torch.no_grad():
            generated = trained.generator.inpaint(images, masks)
            logits = trained.discriminator.classify(images)
        assert run_onnx(export / "generator.onnx", images=images, masks=masks).sub(generated).abs().max() < 1e-4
        probabilities = run_onnx(export / "discriminator.onnx", images=images)
        assert probabilities.sub((logits / trained.temperature).softmax(1)).abs().max() < 1e-4
        assert probabilities.sum(1).sub(1).abs().max() < 1e-5
        assert run_onnx(export / "discriminator.onnx", images=images).equal(probabilities)


def test_the_files_are_valid_and_state_their_opset(exported: tuple[Path, Path]) -> None:
    for name in ("generator", "discriminator"):
        model = onnx.load(exported[1] / f"{name}.onnx")
        onnx.checker.check_model(model)
        assert [opset.version for opset in model.opset_import if opset.domain == ""] == [18]
        assert "Dropout" not in {node.op_type for node in model.graph.node}
    assert "supports opset 18" in (exported[1] / "README.md").read_text()


def test_networks_without_a_capability_are_not_exported_but_named(tmp_path: Path) -> None:
    files, omissions = write_onnx(make_model(TinyGenerator), tmp_path)
    assert files == []
    assert omissions == [
        "No generator.onnx: TinyGenerator cannot fill holes.",
        "No discriminator.onnx: TinyDiscriminator does not predict classes.",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_be_exported_gives_one_message(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"^The generator cannot be exported to ONNX: [^\n]*Leave out `--onnx`\.$"):
        write_onnx(make_model(DataDependentGenerator), tmp_path)


def test_a_file_with_other_outputs_than_pytorch_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"generator\.onnx differs from PyTorch by 1\.0e\+00, more than 1e-04"):
        write_onnx(make_model(InconsistentGenerator), tmp_path)


def test_an_error_during_the_export_leaves_no_folder(
    zoo: Run, empty: Path, small_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    done = zoo("export", small_run, "export", "--onnx")
    assert done.returncode == 1
    assert "generator.onnx differs from PyTorch" in done.stderr
    assert list(empty.iterdir()) == []

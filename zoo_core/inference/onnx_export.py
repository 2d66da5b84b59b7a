"""Exports networks to ONNX files, for programs without PyTorch."""

import warnings
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from registry import ZooError
from zoo_core.extras import require_extra
from zoo_core.inference.model import Model
from zoo_core.interfaces.batch import ImageSpec
from zoo_core.interfaces.capabilities import Classifier, Inpainter

OPSET = 18
TOLERANCE = 1e-4  # largest accepted difference from PyTorch
TRACE_BATCH_SIZE, CHECK_BATCH_SIZES = 2, (1, 3, 4)


@dataclass(frozen=True)
class OnnxFile:
    """A network as an ONNX file, with the names of its inputs and its output.

    `difference` is the largest difference from the outputs of PyTorch, on random inputs in several batch sizes.
    """

    path: Path
    inputs: tuple[str, ...]
    output: str
    difference: float


class InpaintingGraph(nn.Module):
    """The generator as a function from images and masks to x_G."""

    inputs = ("images", "masks")
    output = "x_G"

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.generator = deepcopy(model.generator).cpu()

    def forward(self, images: Tensor, masks: Tensor) -> Tensor:
        """x_G, (N, C, H, W) in [-1, 1], of images (N, C, H, W) in [-1, 1] and masks (N, 1, H, W) of 0 and 1."""
        assert isinstance(self.generator, Inpainter)
        return self.generator.inpaint(images, masks)


class ClassificationGraph(nn.Module):
    """The discriminator as a function from images to class probabilities, calibrated if the model is."""

    inputs = ("images",)
    output = "probabilities"

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.discriminator = deepcopy(model.discriminator).cpu()
        self.temperature = model.temperature or 1.0

    def forward(self, images: Tensor) -> Tensor:
        """Probabilities (N, K) of images (N, C, H, W) in [-1, 1]."""
        assert isinstance(self.discriminator, Classifier)
        return (self.discriminator.classify(images) / self.temperature).softmax(1)


Graph = InpaintingGraph | ClassificationGraph


def write_onnx(model: Model, folder: Path) -> tuple[list[OnnxFile], list[str]]:
    """Writes generator.onnx, if it fills holes, and discriminator.onnx, if it predicts classes.

    They accept any batch size, but only images of the size in training. Each file is run with ONNX Runtime and its
    outputs are compared with those of PyTorch.

    Returns:
        The files, and a sentence about each network that was not written.

    Raises:
        ZooError: The extra `onnx` is not installed, or a network cannot be exported or computes something else then.
    """
    require_extra("onnx", "onnx", "onnxruntime", "onnxscript")
    files: list[OnnxFile] = []
    omissions: list[str] = []
    if isinstance(model.generator, Inpainter):
        files.append(_write(InpaintingGraph(model), model.spec, folder / "generator.onnx"))
    else:
        omissions.append(f"No generator.onnx: {type(model.generator).__name__} cannot fill holes.")
    if model.classes and isinstance(model.discriminator, Classifier):
        files.append(_write(ClassificationGraph(model), model.spec, folder / "discriminator.onnx"))
    else:
        omissions.append(f"No discriminator.onnx: {type(model.discriminator).__name__} does not predict classes.")
    return files, omissions


def _write(graph: Graph, spec: ImageSpec, path: Path) -> OnnxFile:
    graph.eval()
    try:
        program = _trace(graph, spec)
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error.__cause__ or error).strip().partition("\n")[0].rstrip(".")  # without torch's report
        raise ZooError(f"The {path.stem} cannot be exported to ONNX: {reason}. Leave out `--onnx`.") from error
    program.save(path, external_data=False)
    difference = _measure_difference(graph, spec, path)
    if not difference <= TOLERANCE:
        raise ZooError(
            f"{path.name} differs from PyTorch by {difference:.1e}, more than {TOLERANCE:.0e}. Leave out `--onnx`."
        )
    return OnnxFile(path, graph.inputs, graph.output, difference)


def _trace(graph: Graph, spec: ImageSpec) -> torch.onnx.ONNXProgram:
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        # all inputs share the name of the batch dimension on purpose
        warnings.filterwarnings("ignore", "# The axis name: batch will not be used", UserWarning)
        program = torch.onnx.export(
            graph,
            _make_random_inputs(graph, spec, TRACE_BATCH_SIZE),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=graph.inputs,
            output_names=[graph.output],
            dynamic_shapes=tuple({0: batch} for _ in graph.inputs),
        )
    assert program is not None
    return program


@torch.no_grad()
def _measure_difference(graph: Graph, spec: ImageSpec, path: Path) -> float:
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    differences = []
    for count in CHECK_BATCH_SIZES:
        inputs = _make_random_inputs(graph, spec, count)
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        (output,) = session.run([graph.output], named)
        differences.append(float((torch.from_numpy(output) - graph(*inputs)).abs().max()))
    return max(differences)


def _make_random_inputs(graph: Graph, spec: ImageSpec, count: int) -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(count)
    images = torch.rand(count, spec.channels, spec.height, spec.width, generator=random) * 2 - 1
    masks = torch.rand(count, 1, spec.height, spec.width, generator=random).round()
    return (images, masks) if "masks" in graph.inputs else (images,)

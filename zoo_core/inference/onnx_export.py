"""Networks as ONNX files, for programs without PyTorch."""

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
TOLERANCE = 1e-4
TRACED_WITH, COMPARED_WITH = 2, (1, 3, 4)  # images at once


@dataclass(frozen=True)
class OnnxFile:
    """One network as it was written.

    Attributes:
        path: The file.
        inputs: Names of its inputs.
        output: Name of its output.
        difference: The largest between its outputs and PyTorch's, on random inputs in several batch sizes.
    """

    path: Path
    inputs: tuple[str, ...]
    output: str
    difference: float


class InpaintGraph(nn.Module):
    """The generator as a function from images and holes to x_G."""

    inputs = ("images", "masks")
    output = "x_G"

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.generator = deepcopy(model.generator).cpu()

    def forward(self, images: Tensor, masks: Tensor) -> Tensor:
        """x_G, (N, C, H, W) in [-1, 1], of images (N, C, H, W) in [-1, 1] and holes (N, 1, H, W) of 0 and 1."""
        assert isinstance(self.generator, Inpainter)
        return self.generator.inpaint(images, masks)


class ClassGraph(nn.Module):
    """The discriminator as a function from images to calibrated class probabilities."""

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


Graph = InpaintGraph | ClassGraph


def write_onnx(model: Model, folder: Path) -> tuple[list[OnnxFile], list[str]]:
    """Writes generator.onnx, if it fills holes, and discriminator.onnx, if it tells classes.

    The batch size is free, the size of the images fixed. Each file is run by ONNX Runtime and held against PyTorch.

    Returns:
        What was written, and a sentence about each network that was left out.

    Raises:
        ZooError: The extra `onnx` is not installed, a network has no form in ONNX, or it computes something else there.
    """
    require_extra("onnx", "onnx", "onnxscript", "onnxruntime")
    written: list[OnnxFile] = []
    left_out: list[str] = []
    if isinstance(model.generator, Inpainter):
        written.append(_write(InpaintGraph(model), model.spec, folder / "generator.onnx"))
    else:
        left_out.append(f"No generator.onnx: {type(model.generator).__name__} does not fill holes.")
    if model.classes and isinstance(model.discriminator, Classifier):
        written.append(_write(ClassGraph(model), model.spec, folder / "discriminator.onnx"))
    else:
        left_out.append(f"No discriminator.onnx: {type(model.discriminator).__name__} tells no classes here.")
    return written, left_out


def _write(graph: Graph, spec: ImageSpec, path: Path) -> OnnxFile:
    graph.eval()
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        # torch tells of every input after the first that it shares the name of the batch, which is what is meant
        warnings.filterwarnings("ignore", "# The axis name: batch will not be used", UserWarning)
        try:
            program = torch.onnx.export(
                graph,
                _random_inputs(graph, spec, TRACED_WITH),
                dynamo=True,
                verbose=False,
                opset_version=OPSET,
                input_names=graph.inputs,
                output_names=[graph.output],
                dynamic_shapes=tuple({0: batch} for _ in graph.inputs),
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise ZooError(f"{path.stem} has no form in ONNX: {_first_line(error)}. Leave `--onnx` out.") from error
    assert program is not None
    program.save(path, external_data=False)
    difference = _difference(graph, spec, path)
    if not difference <= TOLERANCE:
        raise ZooError(
            f"{path.name} differs from PyTorch by {difference:.1e}, more than {TOLERANCE:.0e}. Leave `--onnx` out."
        )
    return OnnxFile(path, graph.inputs, graph.output, difference)


@torch.no_grad()
def _difference(graph: Graph, spec: ImageSpec, path: Path) -> float:
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    differences = []
    for count in COMPARED_WITH:
        inputs = _random_inputs(graph, spec, count)
        named = {name: value.numpy() for name, value in zip(graph.inputs, inputs, strict=True)}
        (output,) = session.run([graph.output], named)
        differences.append(float((torch.from_numpy(output) - graph(*inputs)).abs().max()))
    return max(differences)


def _random_inputs(graph: Graph, spec: ImageSpec, count: int) -> tuple[Tensor, ...]:
    random = torch.Generator().manual_seed(count)
    images = torch.rand(count, spec.channels, spec.height, spec.width, generator=random) * 2 - 1
    masks = torch.rand(count, 1, spec.height, spec.width, generator=random).round()
    return (images, masks) if "masks" in graph.inputs else (images,)


def _first_line(error: BaseException) -> str:
    """The innermost reason, without torch's report."""
    cause = error.__cause__ or error
    return str(cause).strip().partition("\n")[0].rstrip(".")

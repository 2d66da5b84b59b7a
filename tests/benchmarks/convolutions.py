"""Only the convolutions of a training step: a lower bound for the time of any implementation that uses them.

The convolutions are recorded while a step runs, each call with its shapes and the gradients that it needs. They are
then computed alone, forward and backward.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Convolution = nn.Conv2d | nn.ConvTranspose2d


@dataclass(frozen=True)
class Call:
    """One call of a convolution in a step.

    Attributes:
        input_shape: (N, C, H, W).
        weight_shape: Shape of the layer's weight.
        bias: Whether the layer has a bias.
        geometry: Stride, padding, dilation, whether it is transposed, output padding, groups.
        gradients: Whether gradients are needed of the input, the weight and the bias.
        formats: Memory formats of input and weight.
    """

    input_shape: tuple[int, ...]
    weight_shape: tuple[int, ...]
    bias: bool
    geometry: tuple[Any, ...]
    gradients: tuple[bool, bool, bool]
    formats: tuple[torch.memory_format, torch.memory_format]

    @staticmethod
    def from_layer(layer: Convolution, x: Tensor) -> "Call":
        """Describes the call of a layer with the input x."""
        transposed = isinstance(layer, nn.ConvTranspose2d)
        geometry = (layer.stride, layer.padding, layer.dilation, transposed, layer.output_padding, layer.groups)
        weight = torch.is_grad_enabled() and layer.weight.requires_grad
        gradients = (torch.is_grad_enabled() and x.requires_grad, weight, weight and layer.bias is not None)
        shapes = (tuple(x.shape), tuple(layer.weight.shape))
        formats = (get_memory_format(x), get_memory_format(layer.weight))
        return Call(*shapes, layer.bias is not None, geometry, gradients, formats)

    def prepare(self) -> Callable[[], None]:
        """Returns a function that computes the convolution and its gradients on random values."""
        shapes = (self.input_shape, self.weight_shape)
        x, weight = (torch.randn(s).contiguous(memory_format=f) for s, f in zip(shapes, self.formats, strict=True))
        channels = self.weight_shape[1 if self.geometry[3] else 0] * (self.geometry[5] if self.geometry[3] else 1)
        bias = torch.randn(channels) if self.bias else None
        output_gradient = torch.randn_like(torch.convolution(x, weight, bias, *self.geometry))
        sizes = [channels] if self.bias else None

        def run() -> None:
            torch.convolution(x, weight, bias, *self.geometry)
            if any(self.gradients):
                needed = list(self.gradients)
                torch.ops.aten.convolution_backward(output_gradient, x, weight, sizes, *self.geometry, needed)

        return run


class ConvolutionsOnly:
    """All convolutions of a step, one after the other; equal calls share their tensors.

    Args:
        calls: The recorded calls.
    """

    def __init__(self, calls: list[Call]) -> None:
        self.calls = Counter(calls)
        self._functions = [run for call, times in self.calls.items() for run in [call.prepare()] * times]

    def run(self) -> None:
        """Computes them."""
        with torch.no_grad():
            for function in self._functions:
                function()


@contextmanager
def record_convolutions(*networks: nn.Module) -> Iterator[list[Call]]:
    """Records every call of a convolution in these networks."""
    calls: list[Call] = []

    def record(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, Convolution)
        calls.append(Call.from_layer(layer, inputs[0]))

    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, Convolution)]
    hooks = [layer.register_forward_pre_hook(record) for layer in layers]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def get_memory_format(tensor: Tensor) -> torch.memory_format:
    """The memory format of a tensor (N, C, H, W)."""
    return torch.contiguous_format if tensor.is_contiguous() else torch.channels_last

"""The floor: what the convolutions of one step take by themselves, below which no way of calling them can get.

Which convolutions these are is not written down anywhere: they are watched while a step is played, each call with the
shapes it gets and the gradients that are asked of it, and then computed alone, forward and backward.
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
        weight_shape: As the layer has it.
        bias: Whether it adds one.
        geometry: Stride, padding, dilation, whether it is transposed, output padding, groups.
        gradients: Which are asked for: of the input, of the weight, of the bias.
        formats: How input and weight lie in memory.
    """

    input_shape: tuple[int, ...]
    weight_shape: tuple[int, ...]
    bias: bool
    geometry: tuple[Any, ...]
    gradients: tuple[bool, bool, bool]
    formats: tuple[torch.memory_format, torch.memory_format]

    @staticmethod
    def of(layer: Convolution, x: Tensor) -> "Call":
        """The call of a layer that is about to see x."""
        transposed = isinstance(layer, nn.ConvTranspose2d)
        geometry = (layer.stride, layer.padding, layer.dilation, transposed, layer.output_padding, layer.groups)
        weight = torch.is_grad_enabled() and layer.weight.requires_grad
        gradients = (torch.is_grad_enabled() and x.requires_grad, weight, weight and layer.bias is not None)
        shapes, formats = (tuple(x.shape), tuple(layer.weight.shape)), (format_of(x), format_of(layer.weight))
        return Call(*shapes, layer.bias is not None, geometry, gradients, formats)

    def prepared(self) -> Callable[[], None]:
        """The call and the gradients that are asked of it, on numbers of its own that lie as those of the step."""
        shapes = (self.input_shape, self.weight_shape)
        x, weight = (torch.randn(s).contiguous(memory_format=f) for s, f in zip(shapes, self.formats, strict=True))
        channels = self.weight_shape[1 if self.geometry[3] else 0] * (self.geometry[5] if self.geometry[3] else 1)
        bias = torch.randn(channels) if self.bias else None
        slope = torch.randn_like(torch.convolution(x, weight, bias, *self.geometry))
        sizes = [channels] if self.bias else None

        def run() -> None:
            torch.convolution(x, weight, bias, *self.geometry)
            if any(self.gradients):
                torch.ops.aten.convolution_backward(slope, x, weight, sizes, *self.geometry, list(self.gradients))

        return run


class Floor:
    """All the convolutions of a step, one after the other; calls that are alike share their numbers.

    Args:
        calls: What was watched.
    """

    def __init__(self, calls: list[Call]) -> None:
        self.calls = Counter(calls)
        self._runs = [run for call, times in self.calls.items() for run in [call.prepared()] * times]

    def step(self) -> None:
        """Computes them."""
        with torch.no_grad():
            for run in self._runs:
                run()


@contextmanager
def watched(*networks: nn.Module) -> Iterator[list[Call]]:
    """Collects every call of a convolution in these networks."""
    calls: list[Call] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(layer, Convolution)
        calls.append(Call.of(layer, inputs[0]))

    layers = [layer for network in networks for layer in network.modules() if isinstance(layer, Convolution)]
    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def format_of(tensor: Tensor) -> torch.memory_format:
    """The memory layout of a tensor (N, C, H, W)."""
    return torch.contiguous_format if tensor.is_contiguous() else torch.channels_last

"""Watches for whatever makes an accelerator wait for the host: an answer, or a size that depends on values."""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

ASKING = {
    "aten::_local_scalar_dense",  # item(), bool(), float(), an `if` over a tensor
    "aten::is_nonzero",
    "aten::equal",
    "aten::nonzero",
    "aten::nonzero_numpy",
    "aten::argwhere",
    "aten::masked_select",
    "aten::unique_dim",
    "aten::unique_consecutive",
    "aten::_unique",
    "aten::_unique2",
    "aten::bincount",
    "aten::repeat_interleave",
}
INDEXING = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
TORCH = Path(torch.__file__).parent
TO_THE_HOST = {Tensor.cpu, Tensor.tolist, Tensor.numpy, Tensor.__array__}


class Waits:
    """What would have waited since `with` began, each with the line of ours that asked.

    An optimiser's own counter of steps lives on the host whatever the device, so what it asks waits for nothing.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self._modes = (_Calls(self._note), _Operators(self._note))

    def __enter__(self) -> "Waits":
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for mode in reversed(self._modes):
            mode.__exit__(kind, error, trace)

    def _note(self, what: str) -> None:
        lines = _lines_above()
        if not any(line.startswith(f"{TORCH / 'optim'}") for line in lines):
            self.found.append(f"{what} at {next(line for line in lines if not line.startswith(str(TORCH)))}")


class _Operators(TorchDispatchMode):
    """Sees operators, in the backward pass and inside of torch too."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self.note = note

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = func._schema.name
        if name in ASKING or (name in INDEXING and any(_is_mask(index) for index in args[1])):
            self.note(name)
        return func(*args, **(kwargs or {}))


class _Calls(TorchFunctionMode):
    """Sees ways to the host that are no operator where tensors are there already."""

    def __init__(self, note: Callable[[str], None]) -> None:
        super().__init__()
        self.note = note

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in TO_THE_HOST:
            self.note(func.__name__)
        return func(*args, **(kwargs or {}))


def _is_mask(index: Tensor | None) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


def _lines_above() -> list[str]:
    """Files and lines of the callers, the nearest first, but those of this file."""
    lines, frame = [], sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        if frame.f_code.co_filename != __file__:
            lines.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
    return lines

"""Detects host synchronisation: operations for which the host would wait for an accelerator.

These are operations that return a value to the host, and operations whose result has a size that depends on values.
They are found on any device, so the tests need no accelerator.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

SYNCHRONIZING_OPERATORS = {
    "aten::_local_scalar_dense",  # item(), bool(), float(), an `if` with a tensor
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
INDEXING_OPERATORS = {"aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"}
COPIES_TO_HOST = {Tensor.cpu, Tensor.tolist, Tensor.numpy, Tensor.__array__}
TORCH = Path(torch.__file__).parent


class HostSyncDetector:
    """Records every host synchronisation inside `with`, with the line outside torch that caused it.

    Optimisers are ignored: they keep their step counter on the host, so reading it does not wait for the device.
    """

    def __init__(self) -> None:
        self.found: list[str] = []
        self._modes = ExitStack()

    def __enter__(self) -> "HostSyncDetector":
        self._modes.enter_context(_FunctionMode(self._record))
        self._modes.enter_context(_DispatchMode(self._record))
        return self

    def __exit__(self, *error: object) -> None:
        self._modes.close()

    def _record(self, operation: str) -> None:
        lines = _list_calling_lines()
        if not any(line.startswith(f"{TORCH / 'optim'}") for line in lines):
            self.found.append(f"{operation} at {next(line for line in lines if not line.startswith(str(TORCH)))}")


class _DispatchMode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Sees all operators, including those of the backward pass and inside torch."""

    def __init__(self, record: Callable[[str], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.record = record

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        name = func._schema.name
        if name in SYNCHRONIZING_OPERATORS or (name in INDEXING_OPERATORS and any(map(_is_mask, args[1]))):
            self.record(name)
        return func(*args, **(kwargs or {}))


class _FunctionMode(TorchFunctionMode):
    """Sees copies to the host, which call no operator if the tensor is on the host already."""

    def __init__(self, record: Callable[[str], None]) -> None:
        super().__init__()
        self.record = record

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in COPIES_TO_HOST:
            self.record(func.__name__)
        return func(*args, **(kwargs or {}))


def _is_mask(index: Tensor | None) -> bool:
    return index is not None and index.dtype in (torch.bool, torch.uint8)


def _list_calling_lines() -> list[str]:
    """Files and lines of the callers outside this file, the nearest first."""
    lines, frame = [], sys._getframe()
    while frame.f_back:
        frame = frame.f_back
        if frame.f_code.co_filename != __file__:
            lines.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
    return lines

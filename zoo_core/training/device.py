"""Chooses the device and the precision of a run, each with a reason."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from registry import ZooError
from zoo_core.training.process_group import ProcessGroup, get_local_rank

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Runtime:
    """A device and a precision.

    Attributes:
        device: Where networks and batches are.
        dtype: Number format in which networks compute; losses stay in float32.
        reason: Why both were chosen.
    """

    device: torch.device
    dtype: torch.dtype
    reason: str

    @property
    def precision(self) -> str:
        """The name of the number format in settings: "fp32" or "bf16"."""
        return next(name for name, dtype in DTYPES.items() if dtype == self.dtype)

    def autocast(self, enabled: bool = True) -> AbstractContextManager[object]:
        """Runs networks in the chosen number format; does nothing for float32."""
        if not enabled or self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    @staticmethod
    def choose(device: str = "auto", precision: str = "auto") -> "Runtime":
        """Chooses what was requested, or the best that is available.

        Args:
            device: "auto", "cpu", "cuda" or "mps".
            precision: "auto", "fp32" or "bf16".

        Raises:
            ZooError: The requested device is not available.
        """
        chosen, device_reason = _choose_device(device)
        dtype, dtype_reason = _choose_dtype(chosen, precision)
        return Runtime(chosen, dtype, f"{device_reason}; {dtype_reason}")


def choose_memory_format(device: torch.device) -> torch.memory_format:
    """The memory format of convolution weights: channels last on accelerators.

    On a CPU every layer would then work in channels last, which is slower for deep layers with few pixels.
    """
    return torch.contiguous_format if device.type == "cpu" else torch.channels_last


def find_accelerator() -> str | None:
    """The kind of accelerator that torch can use now, such as "cuda", or None."""
    found = torch.accelerator.current_accelerator(check_available=True)
    return found.type if found else None


def _choose_device(requested: str) -> tuple[torch.device, str]:
    available = find_accelerator()
    if requested == "auto":
        reason = f"{available} is available" if available else "no accelerator is available"
        return _assign_device(available or "cpu"), reason
    if requested not in ("cpu", available):
        raise ZooError(
            f"The device '{requested}' was requested, but torch {torch.__version__} can use "
            f"{available or 'no accelerator'} here. Write `--device {available or 'cpu'}` or `--device auto`; "
            "`zoo doctor` shows details."
        )
    return _assign_device(requested), f"{requested} was requested"


def _assign_device(kind: str) -> torch.device:
    """This process's device of a kind; each process of a distributed training has its own accelerator."""
    if kind == "cpu" or not ProcessGroup.current().is_distributed:
        return torch.device(kind)
    rank, count = get_local_rank(), torch.accelerator.device_count()
    if kind != "cuda" or rank >= count:
        raise ZooError(
            f"There is no {kind} device for process {rank} of this machine, which has {count}. Start "
            f"`torchrun --nproc-per-node {count}`, or write `--device cpu`."
        )
    torch.cuda.set_device(rank)
    return torch.device(kind, rank)


def _choose_dtype(device: torch.device, requested: str) -> tuple[torch.dtype, str]:
    if requested != "auto":
        return DTYPES[requested], f"{requested} was requested"
    if device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8:
        return torch.bfloat16, "bf16 is fast on this device"
    return torch.float32, f"fp32 is the safe choice on {device.type}"

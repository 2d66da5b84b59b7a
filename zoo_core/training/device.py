"""Where a run computes and in which number format, each with the reason."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch

from registry import ZooError
from zoo_core.training.process_group import ProcessGroup, local_rank

FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Runtime:
    """A device and a number format.

    Attributes:
        device: Where networks and batches live.
        dtype: Number format of the networks' arithmetic; losses stay in float32.
        reason: Why these two.
    """

    device: torch.device
    dtype: torch.dtype
    reason: str

    @property
    def precision(self) -> str:
        """The number format by the name that settings give it."""
        return next(name for name, dtype in FORMATS.items() if dtype == self.dtype)

    def autocast(self, enabled: bool = True) -> AbstractContextManager[object]:
        """Runs networks in the chosen format; does nothing for float32."""
        if not enabled or self.dtype == torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    @staticmethod
    def choose(device: str = "auto", precision: str = "auto") -> "Runtime":
        """Takes what was asked for, or the best there is.

        Args:
            device: "auto", "cpu", "cuda" or "mps".
            precision: "auto", "fp32" or "bf16".

        Raises:
            ZooError: The device that was asked for is not there.
        """
        chosen, why = _device(device)
        dtype, format_why = _format(chosen, precision)
        return Runtime(chosen, dtype, f"{why}; {format_why}")


def choose_memory_format(device: torch.device) -> torch.memory_format:
    """How the weights of convolutions lie: channels last on accelerators.

    On a CPU that makes every layer work on channels_last maps, deep ones with few pixels too, which takes longer.
    """
    return torch.contiguous_format if device.type == "cpu" else torch.channels_last


def find_accelerator() -> str | None:
    """Kind of the accelerator that torch can use now, such as "cuda", or None."""
    found = torch.accelerator.current_accelerator(check_available=True)
    return found.type if found else None


def _device(asked: str) -> tuple[torch.device, str]:
    found = find_accelerator()
    if asked == "auto":
        return _own(found or "cpu"), f"{found} is there" if found else "no accelerator is there"
    if asked not in ("cpu", found):
        raise ZooError(
            f"The device '{asked}' was asked for, but torch {torch.__version__} can use {found or 'no accelerator'} "
            f"here. Write `--device {found or 'cpu'}`, or `--device auto`; `zoo doctor` says more."
        )
    return _own(asked), f"{asked} was asked for"


def _own(kind: str) -> torch.device:
    """This process's device of a kind: where several processes train together, each has an accelerator of its own."""
    if kind == "cpu" or not ProcessGroup.current().is_distributed:
        return torch.device(kind)
    there = torch.accelerator.device_count()
    if kind != "cuda" or local_rank() >= there:
        raise ZooError(
            f"Process {local_rank()} of this machine has no {kind} device of its own: there are {there}. Start "
            f"`torchrun --nproc-per-node {there}`, or write `--device cpu`."
        )
    torch.cuda.set_device(local_rank())
    return torch.device(kind, local_rank())


def _format(device: torch.device, asked: str) -> tuple[torch.dtype, str]:
    if asked != "auto":
        return FORMATS[asked], f"{asked} was asked for"
    if device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 8:
        return torch.bfloat16, "bf16 is fast on this device"
    return torch.float32, f"fp32 is the safe choice on {device.type}"

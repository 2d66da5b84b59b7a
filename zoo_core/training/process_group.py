"""The processes that train one GAN together, and what they exchange."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from registry import ZooError
from zoo_core.interfaces.distributed import RankInfo, get_rank_info

BUCKET_BYTES = 25 * 2**20  # sent in one message, as in torch's DistributedDataParallel
TIMEOUT = timedelta(hours=2)  # the other processes wait while the main one evaluates
T = TypeVar("T")


@contextmanager
def join_process_group(device: str = "auto") -> Iterator[None]:
    """Joins the processes that torchrun has started, by gloo on the CPU and NCCL on CUDA; does nothing otherwise.

    Raises:
        ZooError: The other processes cannot be reached.
    """
    if "WORLD_SIZE" not in os.environ or distributed.is_initialized():
        yield
        return
    # torch imports this module with the first optimiser. If a process group exists by then, its threads outlive the
    # group, and one that releases a tensor while the interpreter shuts down aborts the process.
    import_module("torch._dynamo")
    with _report_lost_connection():
        store, rank, count = next(iter(rendezvous("env://")))
        # After a restart by torchrun, the store may still contain the addresses of processes that have ended.
        fresh = PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
        on_cuda = device in ("auto", "cuda") and torch.cuda.is_available()
        backend = "cpu:gloo,cuda:nccl" if on_cuda else "gloo"
        distributed.init_process_group(backend, store=fresh, rank=rank, world_size=count, timeout=TIMEOUT)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def get_local_rank() -> int:
    """The number of this process on its machine, and so of the accelerator that it uses."""
    return int(os.environ.get("LOCAL_RANK", "0"))


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one GAN together. All of them call every method at the same time, in the same order."""

    rank_info: RankInfo

    @staticmethod
    def current() -> "ProcessGroup":
        """The processes of torch.distributed's group, or this one alone."""
        return ProcessGroup(get_rank_info())

    @property
    def is_main(self) -> bool:
        """Whether this is the main process, which evaluates, writes files and prints."""
        return self.rank_info.rank == 0

    @property
    def is_distributed(self) -> bool:
        """Whether there is more than one process."""
        return self.rank_info.world_size > 1

    def all_reduce_mean(self, tensors: Sequence[Tensor]) -> None:
        """Replaces tensors, such as gradients, by their mean over all processes, in buckets of limited size.

        Raises:
            ZooError: Another process has ended.
        """
        if not self.is_distributed:
            return
        with _report_lost_connection():
            buckets = bucket_tensors(tensors)
            flat_buckets = [torch.cat([tensor.reshape(-1) for tensor in bucket]) for bucket in buckets]
            works = [distributed.all_reduce(flat, async_op=True) for flat in flat_buckets]
            for bucket, flat, work in zip(buckets, flat_buckets, works, strict=True):
                assert work is not None
                work.wait()
                parts = torch.split(flat.div_(self.rank_info.world_size), [tensor.numel() for tensor in bucket])
                torch._foreach_copy_(bucket, [p.view(t.shape) for p, t in zip(parts, bucket, strict=True)])

    def all_reduce_scalars(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Scalars by name, each the mean over all processes."""
        if not self.is_distributed or not values:
            return dict(values)
        stacked = torch.stack([value.float() for value in values.values()])
        self.all_reduce_mean([stacked])
        return dict(zip(values, stacked.unbind(), strict=True))

    def all_reduce_buffers(self, networks: Mapping[str, nn.Module]) -> None:
        """Replaces the buffers of networks, such as BatchNorm's statistics, by their mean over all processes."""
        buffers = (buffer for network in networks.values() for buffer in network.buffers())
        self.all_reduce_mean([buffer for buffer in buffers if buffer.is_floating_point()])

    def broadcast_object(self, value: T) -> T:
        """The value of the main process; those of the others are ignored."""
        if not self.is_distributed:
            return value
        values = [value]
        with _report_lost_connection():
            distributed.broadcast_object_list(values, device=torch.device("cpu"))
        return values[0]

    def broadcast_parameters(self, networks: Mapping[str, nn.Module]) -> None:
        """Copies the weights and buffers of the main process to every other one."""
        if not self.is_distributed:
            return
        with _report_lost_connection(), torch.no_grad():
            for network in networks.values():
                for tensor in network.state_dict().values():
                    contiguous = tensor.contiguous()
                    distributed.broadcast(contiguous, 0)
                    tensor.copy_(contiguous)

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if not self.is_distributed:
            return flag
        flags = torch.tensor(int(flag))
        with _report_lost_connection():
            distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return bool(flags)

    def barrier(self) -> None:
        """Waits until all processes have called this."""
        self.any(False)

    @contextmanager
    def local_main_first(self) -> Iterator[None]:
        """Lets one process of each machine do something before the others, such as unpack files for all of them."""
        if get_local_rank():
            self.barrier()
        yield
        if not get_local_rank():
            self.barrier()


def bucket_tensors(tensors: Sequence[Tensor], size: int = BUCKET_BYTES) -> list[list[Tensor]]:
    """Groups tensors, in their order, into buckets of up to `size` bytes; a larger tensor has its own bucket."""
    buckets: list[list[Tensor]] = []
    filled = size
    for tensor in tensors:
        filled += tensor.nbytes
        if filled > size:
            buckets.append([])
            filled = tensor.nbytes
        buckets[-1].append(tensor)
    return buckets


@contextmanager
def _report_lost_connection() -> Iterator[None]:
    """Explains what happened if another process can no longer be reached."""
    try:
        yield
    except RuntimeError as error:
        raise ZooError(
            f"The connection to another process was lost: {' '.join(str(error).split())[:200]} If that process failed, "
            "its own message says why. The run's checkpoints are intact: start it again, or let torchrun restart it "
            "with `--max-restarts 3`."
        ) from error

"""What the processes that train one GAN do together."""

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
from zoo_core.interfaces.distributed import RankInfo, rank_info

BUCKET = 25 * 2**20  # bytes that are sent at once: as many as torch's DDP sends
PATIENCE = timedelta(hours=2)  # the first process measures alone, and the others wait for it
T = TypeVar("T")


@contextmanager
def join_process_group(device: str = "auto") -> Iterator[None]:
    """Joins the other processes that torchrun started, by gloo on the CPU and NCCL on CUDA; alone it does nothing.

    Args:
        device: As in the settings.

    Raises:
        ZooError: The others cannot be reached.
    """
    if "WORLD_SIZE" not in os.environ or distributed.is_initialized():
        yield
        return
    # torch imports this with the first optimiser; where there is a group already, its threads then outlive its end, and
    # one that lets go of a tensor while the interpreter ends aborts the process.
    import_module("torch._dynamo")
    with _heard_of():
        store, rank, count = next(iter(rendezvous("env://")))
        # Where torchrun has started the processes again, the store may hold the addresses of those that have ended.
        fresh = PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
        distributed.init_process_group(_backend(device), store=fresh, rank=rank, world_size=count, timeout=PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def _backend(device: str) -> str:
    on_cuda = device in ("auto", "cuda") and torch.cuda.is_available()
    return "cpu:gloo,cuda:nccl" if on_cuda else "gloo"


def local_rank() -> int:
    """Which of its machine's processes this is, and so which of its accelerators it takes."""
    return int(os.environ.get("LOCAL_RANK", "0"))


@dataclass(frozen=True)
class ProcessGroup:
    """The processes that train one GAN together; every method is called by all of them at once, in the same order.

    Attributes:
        rank_info: Which one this is.
    """

    rank_info: RankInfo

    @staticmethod
    def current() -> "ProcessGroup":
        """The processes of torch.distributed's group, or this one alone."""
        return ProcessGroup(rank_info())

    @property
    def is_main(self) -> bool:
        """Whether this is the process that measures, writes and speaks."""
        return self.rank_info.rank == 0

    @property
    def is_distributed(self) -> bool:
        """Whether there are others."""
        return self.rank_info.world_size > 1

    def all_reduce_mean(self, tensors: Sequence[Tensor]) -> None:
        """Brings tensors, such as gradients, to their mean over all processes, some megabytes at a time.

        Raises:
            ZooError: Another process has ended.
        """
        if not self.is_distributed:
            return
        with _heard_of():
            buckets = [
                (bucket, torch.cat([tensor.reshape(-1) for tensor in bucket])) for bucket in bucket_tensors(tensors)
            ]
            sent = [distributed.all_reduce(flat, async_op=True) for _, flat in buckets]
            for (bucket, flat), work in zip(buckets, sent, strict=True):
                assert work is not None
                work.wait()
                parts = torch.split(flat.div_(self.rank_info.world_size), [tensor.numel() for tensor in bucket])
                torch._foreach_copy_(bucket, [p.view(t.shape) for p, t in zip(parts, bucket, strict=True)])

    def mean_scalars(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Scalars by name, each the mean over all processes."""
        if not self.is_distributed or not values:
            return dict(values)
        together = torch.stack([value.float() for value in values.values()])
        self.all_reduce_mean([together])
        return dict(zip(values, together.unbind(), strict=True))

    def broadcast_object(self, value: T) -> T:
        """What the first process says; the others' values are of no account."""
        if not self.is_distributed:
            return value
        said = [value]
        with _heard_of():
            distributed.broadcast_object_list(said, device=torch.device("cpu"))
        return said[0]

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any process."""
        if not self.is_distributed:
            return flag
        flags = torch.tensor(int(flag))
        with _heard_of():
            distributed.all_reduce(flags, distributed.ReduceOp.MAX)
        return bool(flags)

    def broadcast_parameters(self, networks: Mapping[str, nn.Module]) -> None:
        """Gives every process the first one's weights and buffers."""
        if not self.is_distributed:
            return
        with _heard_of(), torch.no_grad():
            for network in networks.values():
                for tensor in network.state_dict().values():
                    whole = tensor.contiguous()
                    distributed.broadcast(whole, 0)
                    tensor.copy_(whole)

    def all_reduce_buffers(self, networks: Mapping[str, nn.Module]) -> None:
        """Brings what networks keep beside their weights, such as BatchNorm's statistics, to its mean."""
        self.all_reduce_mean([
            buffer for network in networks.values() for buffer in network.buffers() if buffer.is_floating_point()
        ])  # fmt: skip

    @contextmanager
    def local_main_first(self) -> Iterator[None]:
        """Lets one process of each machine do something before the others, such as unpack files for all."""
        if self.is_distributed and local_rank():
            self.barrier()
        yield
        if self.is_distributed and not local_rank():
            self.barrier()

    def barrier(self) -> None:
        """Waits for all others to come here."""
        self.any(False)


def bucket_tensors(tensors: Sequence[Tensor], size: int = BUCKET) -> list[list[Tensor]]:
    """Tensors in their order, in groups of up to `size` bytes; a larger tensor is a group by itself."""
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
def _heard_of() -> Iterator[None]:
    """Says what happened when another process cannot be heard of any more."""
    try:
        yield
    except RuntimeError as error:
        raise ZooError(
            f"The processes that train together have lost each other: {' '.join(str(error).split())[:200]} "
            "If one of them failed, its own message says why. The run's checkpoints are whole: start it again, or let "
            "torchrun do so with `--max-restarts 3`."
        ) from error

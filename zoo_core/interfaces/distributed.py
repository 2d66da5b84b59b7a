"""Several processes that train one GAN: the rank of this process, and values that concern the complete batch."""

from dataclasses import dataclass

from torch import Tensor, distributed, nn
from torch.nn import functional


@dataclass(frozen=True)
class RankInfo:
    """The rank of a process. It has the rows rank, rank + world_size, rank + 2 world_size ... of every batch.

    Attributes:
        rank: From 0.
        world_size: Number of processes.
    """

    rank: int = 0
    world_size: int = 1

    def select_local(self, values: Tensor) -> Tensor:
        """This process's rows of a tensor with one row per image of the complete batch."""
        return values[self.rank :: self.world_size]


SINGLE_PROCESS = RankInfo()


def get_rank_info() -> RankInfo:
    """The rank of this process in torch.distributed's group, or that of a single process if there is no group."""
    if not distributed.is_initialized():
        return SINGLE_PROCESS
    return RankInfo(distributed.get_rank(), distributed.get_world_size())


def all_reduce_mean(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without gradients; with one process the tensor itself.

    For values of the complete batch that a loss divides by or stores. A mean over images does not need it: every
    process has equally many images of each kind, and gradients are averaged anyway.

    Args:
        value: Floating-point, with the same shape in every process.
    """
    rank = get_rank_info()
    if rank.world_size == 1:
        return value
    total = value.detach().clone()
    distributed.all_reduce(total)
    return total / rank.world_size


class Dropout(nn.Dropout):
    """`torch.nn.Dropout` (Srivastava et al. 2014) for several processes that share a batch.

    It drops the same features of an image however many processes there are. With one process it draws the same numbers
    as `torch.nn.Dropout`.

    Args:
        p: Fraction of the features that are set to 0 in training.

    Examples:
        >>> import torch
        >>> from zoo_core import Dropout
        >>> Dropout(0.5).eval()(torch.ones(1, 3)).tolist()
        [[1.0, 1.0, 1.0]]
    """

    def forward(self, features: Tensor) -> Tensor:
        """Sets features (N, ...) to 0 at random, and multiplies the others by 1 / (1 - p)."""
        if not self.training or not self.p:
            return features
        rank = get_rank_info()
        mask = features.new_ones((len(features) * rank.world_size, *features.shape[1:]))
        return features * rank.select_local(functional.dropout(mask, self.p))

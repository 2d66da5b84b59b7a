"""Several processes that train one GAN together: which one this is, and what concerns all images of a batch."""

from dataclasses import dataclass

from torch import Tensor, distributed, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class RankInfo:
    """Which one of several processes this is. Of every batch it has the rows rank, rank + world_size, ...

    Attributes:
        rank: From 0.
        world_size: Number of processes.
    """

    rank: int = 0
    world_size: int = 1

    def select_local(self, values: Tensor) -> Tensor:
        """This process's rows of a tensor with a row for each image of the whole batch."""
        return values[self.rank :: self.world_size]


SINGLE_PROCESS = RankInfo()


def rank_info() -> RankInfo:
    """Where this process is among those of torch.distributed; alone where there is no group."""
    if not distributed.is_initialized():
        return SINGLE_PROCESS
    return RankInfo(distributed.get_rank(), distributed.get_world_size())


def all_reduce_mean(value: Tensor) -> Tensor:
    """The mean of a tensor over all processes, without gradients; the tensor itself where there is one process.

    For what a loss divides by, or keeps, of all images of a batch. A mean over images needs it not: processes have as
    many images each, of each sort, and gradients are averaged anyway.

    Args:
        value: Floating-point; of the same shape in every process.
    """
    here = rank_info()
    if here.world_size == 1:
        return value
    total = value.detach().clone()
    distributed.all_reduce(total)
    return total / here.world_size


class Dropout(nn.Module):
    """Leaves out the same features of an image, however many processes share its batch.

    Alone it draws what torch's own dropout draws (Srivastava et al. 2014).

    Args:
        share: Of features that are left out in training.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, ...), some of them 0 and the others larger by 1 / (1 - share)."""
        if not self.training or not self.share:
            return features
        here = rank_info()
        everybody = features.new_ones((len(features) * here.world_size, *features.shape[1:]))
        return features * here.select_local(F.dropout(everybody, self.share))

    def extra_repr(self) -> str:
        """The share, for `print(network)`."""
        return f"share={self.share}"

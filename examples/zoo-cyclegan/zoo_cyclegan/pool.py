"""A pool of earlier generated images."""

import torch
from torch import Tensor, nn

from zoo_core import StepRandom


class ImagePool(nn.Module):
    """Keeps generated images, so that the discriminator also trains on earlier ones and does not forget them.

    The idea is from Shrivastava et al. 2017; the rule is that of Zhu et al. 2017, section 4.

    Args:
        size: Number of images to keep; with 0, `exchange` returns its input.
    """

    images: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        # A buffer moves to another device with the module. Checkpoints restore a buffer only if it has the saved shape,
        # and this shape depends on the images, so they are saved as PyTorch's extra state, which may have any shape.
        self.register_buffer("images", torch.empty(0), persistent=False)

    def exchange(self, images: Tensor, random: StepRandom) -> Tensor:
        """Adds new images (N, C, H, W), without gradients, and returns as many to train the discriminator on.

        Until the pool is full, new images are both kept and returned. After that, each new image is paired with a
        different random image of the pool. With probability 1/2 the new one is kept and the old one is returned;
        otherwise the pool does not change. If there are more new images than the pool can hold, the rest are returned
        unchanged.
        """
        room = self.size - len(self.images)
        # Contiguous, as checkpoints restore it: the memory format affects how sums are rounded.
        self.images = torch.cat([self.images, images[:room]]).contiguous()
        indices = random.permutation(self.size)[: len(images[room:])]
        new, old = images[room : room + len(indices)], self.images[indices]
        swap = random.uniform(len(indices), 1, 1, 1) < 0.5
        self.images[indices] = torch.where(swap, new, old)
        return torch.cat([images[:room], torch.where(swap, old, new), images[room + len(indices) :]])

    def get_extra_state(self) -> Tensor:
        """Returns the kept images for a checkpoint."""
        return self.images

    def set_extra_state(self, state: Tensor) -> None:
        """Restores the images of a checkpoint."""
        self.images = state.to(self.images.device, copy=True)

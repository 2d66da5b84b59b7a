"""Metrics of in-painting over the pixels in holes: PSNR, SSIM and L1 of all images together, and PSNR of each."""

import torch
from torch import Tensor

from zoo_core.interfaces.capabilities import composite

DATA_RANGE = 2.0  # of pixel values in [-1, 1]
SSIM_BATCH_VALUES = 2**16  # that fit into a processor's cache together


class InpaintingMetrics:
    """Accumulates PSNR, SSIM and L1 in holes batch by batch.

    torchmetrics is imported only here and in `compute_ssim_map`, since it imports torchvision, which takes seconds.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        from torchmetrics.image import PeakSignalNoiseRatio

        # In a distributed training only the main process evaluates, so the metric must not wait for the others.
        self.psnr = PeakSignalNoiseRatio(data_range=DATA_RANGE, sync_on_compute=False).to(device)
        self.similarity = self.distance = self.count = 0.0

    def update(self, x: Tensor, masks: Tensor, filled: Tensor) -> None:
        """Adds a batch.

        Args:
            x: (N, C, H, W) in [-1, 1].
            masks: (N, 1, H, W) of 0 and 1.
            filled: x_G, (N, C, H, W) in [-1, 1].
        """
        inside = masks.bool().expand_as(x)
        x_i = composite(x, masks, filled)
        similarity = compute_ssim_map(x_i, x)
        self.psnr.update(x_i[inside], x[inside])
        self.similarity += similarity[inside].sum().item()
        self.distance += (x_i - x)[inside].abs().sum().item() / DATA_RANGE
        self.count += inside.sum().item()

    def compute(self) -> dict[str, float]:
        """The metrics "hole_psnr" (dB), "hole_ssim" and "hole_l1" (of values in [0, 1]); empty without any hole."""
        if not self.count:
            return {}
        return {
            "hole_psnr": self.psnr.compute().item(),
            "hole_ssim": self.similarity / self.count,
            "hole_l1": self.distance / self.count,
        }


def compute_masked_psnr(x: Tensor, masks: Tensor, filled: Tensor) -> Tensor:
    """PSNR in the hole of each image, in dB, (N,); NaN without a hole, infinite for a perfect result.

    Args:
        x: (N, C, H, W) in [-1, 1].
        masks: (N, 1, H, W) of 0 and 1.
        filled: x_G, (N, C, H, W) in [-1, 1].
    """
    inside = masks.expand_as(x).flatten(1)
    squares = (filled - x).square().flatten(1) * inside
    return 10 * torch.log10(DATA_RANGE**2 / (squares.sum(1) / inside.sum(1)))


def compute_ssim_map(images: Tensor, references: Tensor) -> Tensor:
    """SSIM around every value (Wang et al. 2004), (N, C, H, W), of two batches of that shape in [-1, 1].

    Several images are passed as channels of one. Each is still filtered separately, but in one depthwise convolution,
    which is several times as fast on a CPU.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    height, width = images.shape[2:]
    count = max(1, SSIM_BATCH_VALUES // (height * width))
    channels = (torch.split(batch.reshape(1, -1, height, width), count, 1) for batch in (images, references))
    maps = [
        structural_similarity_index_measure(a, b, data_range=DATA_RANGE, return_full_image=True)[1]
        for a, b in zip(*channels, strict=True)
    ]
    return torch.cat(maps, 1).view(images.shape)

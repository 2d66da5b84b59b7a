"""How well holes are filled: over hole pixels alone, and over all images together.

torchmetrics is imported with the first measurement: it brings torchvision along, which takes seconds.
"""

import torch
from torch import Tensor

from zoo_core.interfaces.capabilities import composite

RANGE = 2.0  # of pixel values, which lie in [-1, 1]
TOGETHER = 2**16  # values, whose moments stay in a processor's cache


class InpaintingMetrics:
    """Gathers PSNR, SSIM and L1 inside holes, batch by batch."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        from torchmetrics.image import PeakSignalNoiseRatio

        # Where several processes train, one of them measures: the metric must not wait for the others.
        self.psnr = PeakSignalNoiseRatio(data_range=RANGE, sync_on_compute=False).to(device)
        self.similarity = self.distance = self.values = 0.0

    def update(self, x: Tensor, masks: Tensor, filled: Tensor) -> None:
        """Adds a batch: x and x_G (N, C, H, W) in [-1, 1], holes (N, 1, H, W)."""
        inside = masks.bool().expand_as(x)
        x_i = composite(x, masks, filled)
        similarity = ssim_map(x_i, x)
        self.psnr.update(x_i[inside], x[inside])
        self.similarity += similarity[inside].sum().item()
        self.distance += (x_i - x)[inside].abs().sum().item() / RANGE
        self.values += inside.sum().item()

    def result(self) -> dict[str, float]:
        """Nothing where nothing was added, else "hole_psnr" (dB), "hole_ssim", "hole_l1" (of values in [0, 1])."""
        if not self.values:
            return {}
        return {
            "hole_psnr": self.psnr.compute().item(),
            "hole_ssim": self.similarity / self.values,
            "hole_l1": self.distance / self.values,
        }


def ssim_map(one: Tensor, other: Tensor) -> Tensor:
    """SSIM around every value (Wang et al. 2004), (N, C, H, W), of images of that shape in [-1, 1].

    Images stand beside each other as channels of one: each is filtered on its own all the same, but in one depthwise
    convolution, which a processor does several times as fast.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    height, width = one.shape[2:]
    count = max(1, TOGETHER // (height * width))
    planes = (torch.split(images.reshape(1, -1, height, width), count, 1) for images in (one, other))
    maps = [
        structural_similarity_index_measure(a, b, data_range=RANGE, return_full_image=True)[1]
        for a, b in zip(*planes, strict=True)
    ]
    return torch.cat(maps, 1).view(one.shape)

"""How well holes are filled: over hole pixels alone, and over all images together.

torchmetrics is imported with the first measurement: it brings torchvision along, which takes seconds.
"""

import torch
from torch import Tensor

from zoo_core.contract.capabilities import composite

RANGE = 2.0  # of pixel values, which lie in [-1, 1]


class HoleMeasures:
    """Gathers PSNR, SSIM and L1 inside holes, batch by batch."""

    def __init__(self, device: torch.device | str = "cpu") -> None:
        from torchmetrics.image import PeakSignalNoiseRatio

        self.psnr = PeakSignalNoiseRatio(data_range=RANGE).to(device)
        self.similarity = self.distance = self.values = 0.0

    def update(self, x: Tensor, holes: Tensor, filled: Tensor) -> None:
        """Adds a batch: x and x_G (N, C, H, W) in [-1, 1], holes (N, 1, H, W)."""
        from torchmetrics.functional.image import structural_similarity_index_measure

        inside = holes.bool().expand_as(x)
        x_i = composite(x, holes, filled)
        _, similarity = structural_similarity_index_measure(x_i, x, data_range=RANGE, return_full_image=True)
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

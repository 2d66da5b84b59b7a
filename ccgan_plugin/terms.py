"""Summands of CC-GAN's objectives, as functions of tensors."""

import torch
from torch import Tensor
from torch.nn import functional as F


def hole_mse(x: Tensor, x_g: Tensor, holes: Tensor) -> Tensor:
    """Mean squared error over the pixels inside the holes: sum(hole * (x - x_G)^2) / (hole pixels * channels).

    The L_rec of Context Encoders (Pathak et al. 2016, equation 1), made independent of the size of the holes.
    """
    error = holes * (x.float() - x_g.float()) ** 2
    return error.sum() / (holes.sum() * x.shape[1]).clamp(min=1)


def bce(logits: Tensor, target: float) -> Tensor:
    """Mean binary cross-entropy of logits against one target for all."""
    return F.binary_cross_entropy_with_logits(logits.float(), torch.full_like(logits, target, dtype=torch.float32))


def labelled_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of class logits (N, K) over the labelled images (N,); 0 where every label is -1."""
    total = F.cross_entropy(logits.float(), labels, ignore_index=-1, reduction="sum")
    return total / (labels >= 0).sum().clamp(min=1)

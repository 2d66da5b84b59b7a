"""Pseudo-labels: classes of unlabelled images, predicted by the EMA teacher."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from zoo_core import Batch, all_reduce_mean

DECAY = 0.99  # of the running mean of predictions


@dataclass(frozen=True, kw_only=True)
class PseudoLabelledBatch(Batch):
    """A batch with a class for each image of the adversarial terms.

    Attributes:
        pseudo_labels: int64 (M,); the known label, or the class that the teacher predicts.
        selected: float32 (M,); 1 where the class is learnt, 0 where the prediction is too uncertain.
    """

    pseudo_labels: Tensor
    selected: Tensor


def select_pseudo_labels(labels: Tensor, probabilities: Tensor, threshold: float) -> tuple[Tensor, Tensor]:
    """The most likely classes, selected where their probability reaches a threshold.

    Args:
        labels: (M,), -1 where unknown; a known label replaces the prediction and is always selected.
        probabilities: (M, K).
        threshold: Smallest probability that is selected, in [0, 1].

    Returns:
        Pseudo-labels and selection, both (M,), as in `PseudoLabelledBatch`.
    """
    confidence, predicted = probabilities.max(1)
    known = labels >= 0
    return torch.where(known, labels, predicted), (known | (confidence >= threshold)).float()


def pseudo_label_cross_entropy(logits: Tensor, batch: PseudoLabelledBatch) -> Tensor:
    """Cross-entropy of class logits (M, K), summed over the selected images and divided by the number of all images."""
    return (batch.selected * F.cross_entropy(logits.float(), batch.pseudo_labels, reduction="none")).mean()


class DistributionAlignment(nn.Module):
    """Divides predictions by their running mean, which is part of every checkpoint.

    Source: ReMixMatch (Berthelot et al. 2020, section 3.1), towards equally frequent classes.
    """

    running: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running", torch.empty(0))

    def align(self, probabilities: Tensor) -> Tensor:
        """Updates the running mean with probabilities (N, K), divides them by it and normalises them again."""
        classes = probabilities.shape[1]
        before = self.running if len(self.running) else probabilities.new_full((classes,), 1 / classes)
        self.running = DECAY * before + (1 - DECAY) * all_reduce_mean(probabilities.mean(0))
        weighted = probabilities / self.running
        return weighted / weighted.sum(1, keepdim=True)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *others: Any) -> None:
        """Takes the number of classes from the checkpoint: it is unknown before the first batch."""
        self.running = torch.empty_like(state_dict[f"{prefix}running"], device=self.running.device)
        super()._load_from_state_dict(state_dict, prefix, *others)

import math

import pytest
import torch

from ccgan_plugin.pseudo_labels import (
    DistributionAlignment,
    PseudoLabelledBatch,
    pseudo_label_cross_entropy,
    select_pseudo_labels,
)

PROBABILITIES = torch.tensor([[0.95, 0.05], [0.2, 0.8], [0.05, 0.95], [0.9, 0.1]])


def make_batch(labels: list[int], probabilities: torch.Tensor) -> PseudoLabelledBatch:
    classes, selected = select_pseudo_labels(torch.tensor(labels), probabilities, 0.9)
    return PseudoLabelledBatch(
        torch.zeros(len(labels), 1, 4, 4), torch.tensor(labels), pseudo_labels=classes, selected=selected
    )


def test_confident_predictions_are_selected_and_known_labels_replace_predictions() -> None:
    classes, selected = select_pseudo_labels(torch.tensor([-1, -1, 0, -1]), PROBABILITIES, 0.9)
    assert classes.tolist() == [0, 1, 0, 0]
    assert selected.tolist() == [1, 0, 1, 1]


def test_cross_entropy_sums_over_selected_images_and_divides_by_all() -> None:
    """-log(1/2) for each of the three selected of four images."""
    loss = pseudo_label_cross_entropy(torch.zeros(4, 2), make_batch([-1, -1, 0, -1], PROBABILITIES))
    assert loss.item() == pytest.approx(3 * math.log(2) / 4)


def test_a_batch_without_confident_predictions_has_no_gradient() -> None:
    logits = torch.randn(2, 2, requires_grad=True)
    pseudo_label_cross_entropy(logits, make_batch([-1, -1], torch.full((2, 2), 0.5))).backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_alignment_favours_the_class_that_was_predicted_less_often() -> None:
    """The running mean after one batch is 0.99 * 1/2 + 0.01 * mean(p); p over it, normalised."""
    alignment = DistributionAlignment()
    p = torch.tensor([[0.9, 0.1], [0.7, 0.3]])
    first = 0.99 * 0.5 + 0.01 * 0.8
    expected = (0.9 / first) / (0.9 / first + 0.1 / (1 - first))
    assert alignment.align(p)[0, 0].item() == pytest.approx(expected)
    for _ in range(2000):
        alignment.align(p)
    assert alignment.align(p)[:, 0].mean().item() < 0.55


def test_the_running_mean_is_part_of_the_checkpoint() -> None:
    alignment, restored = DistributionAlignment(), DistributionAlignment()
    alignment.align(PROBABILITIES)
    restored.load_state_dict(alignment.state_dict())
    assert torch.equal(restored.running, alignment.running)
    fresh = DistributionAlignment()
    fresh.load_state_dict(DistributionAlignment().state_dict())
    assert len(fresh.running) == 0

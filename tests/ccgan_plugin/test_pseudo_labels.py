import math

import pytest
import torch

from ccgan_plugin.pseudo_labels import (
    Frequencies,
    PseudoLabelledBatch,
    pseudo_label_cross_entropy,
    select_pseudo_labels,
)

PROBABILITIES = torch.tensor([[0.95, 0.05], [0.2, 0.8], [0.05, 0.95], [0.9, 0.1]])


def taught(labels: list[int], probabilities: torch.Tensor) -> PseudoLabelledBatch:
    classes, trust = select_pseudo_labels(torch.tensor(labels), probabilities, 0.9)
    return PseudoLabelledBatch(torch.zeros(len(labels), 1, 4, 4), torch.tensor(labels), classes=classes, trust=trust)


def test_sure_answers_are_trusted_and_labels_stand_whatever_is_answered() -> None:
    classes, trust = select_pseudo_labels(torch.tensor([-1, -1, 0, -1]), PROBABILITIES, 0.9)
    assert classes.tolist() == [0, 1, 0, 0]
    assert trust.tolist() == [1, 0, 1, 1]


def test_cross_entropy_is_over_trusted_images_and_divided_by_all() -> None:
    """-log(1/2) for each of the three trusted of four images."""
    loss = pseudo_label_cross_entropy(torch.zeros(4, 2), taught([-1, -1, 0, -1], PROBABILITIES))
    assert loss.item() == pytest.approx(3 * math.log(2) / 4)


def test_a_batch_that_nothing_is_sure_of_teaches_nothing() -> None:
    logits = torch.randn(2, 2, requires_grad=True)
    pseudo_label_cross_entropy(logits, taught([-1, -1], torch.full((2, 2), 0.5))).backward()
    assert logits.grad is not None
    assert not logits.grad.any()


def test_alignment_favours_the_class_that_was_named_less() -> None:
    """The running mean after one batch is 0.99 * 1/2 + 0.01 * mean(p); p over it, normalised."""
    frequencies = Frequencies()
    p = torch.tensor([[0.9, 0.1], [0.7, 0.3]])
    first = 0.99 * 0.5 + 0.01 * 0.8
    expected = (0.9 / first) / (0.9 / first + 0.1 / (1 - first))
    assert frequencies.aligned(p)[0, 0].item() == pytest.approx(expected)
    for _ in range(2000):
        frequencies.aligned(p)
    assert frequencies.aligned(p)[:, 0].mean().item() < 0.55


def test_frequencies_are_part_of_the_checkpoint() -> None:
    frequencies, restored = Frequencies(), Frequencies()
    frequencies.aligned(PROBABILITIES)
    restored.load_state_dict(frequencies.state_dict())
    assert torch.equal(restored.running, frequencies.running)
    fresh = Frequencies()
    fresh.load_state_dict(Frequencies().state_dict())
    assert len(fresh.running) == 0

import math

import pytest
import torch
from torch.nn import functional

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAuxConsistency
from ccgan_plugin.augment import diff_augment
from ccgan_plugin.consistency import (
    DistributionAlignment,
    PseudoLabelledBatch,
    pseudo_label_cross_entropy,
    select_pseudo_labels,
)
from ccgan_plugin.terms import rotate_randomly
from zoo_core import Batch, ImageSpec, StepRandom, UsageError

SPEC = ImageSpec(1, 32, 32, 3)
LABELS = torch.tensor([2, -1, -1, -1])
PROBABILITIES = torch.tensor([[0.95, 0.05], [0.2, 0.8], [0.05, 0.95], [0.9, 0.1]])


def random(step: int = 0) -> StepRandom:
    return StepRandom(0, step, "test")


def batch() -> Batch:
    return Batch(torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1, LABELS)


def critic(rotations: bool = True) -> DualHeadPatchGAN:
    torch.manual_seed(0)
    return DualHeadPatchGAN(SPEC, width=4, rotations=rotations)


def terms_of(loss: RecAdvAuxConsistency, step: int = 0) -> tuple[dict[str, float], dict[str, float]]:
    """The terms of both networks by name; the critic's first."""
    network, generator = critic(), MaskedAutoencoder(SPEC, width=4)
    given = loss.add_pseudo_labels(batch(), network.eval(), random(step)) if loss.needs_ema_teacher else batch()
    fake = loss.generate(generator, given, random(step))
    network.train()
    critic_terms = loss.discriminator_terms(network, given, fake.detach(), random(step))
    generator_terms = loss.generator_terms(network, given, fake, random(step))
    return tuple({name: term.value.item() for name, term in terms.items()} for terms in (critic_terms, generator_terms))  # type: ignore[return-value]


def test_every_weight_switches_its_term_on_and_off() -> None:
    assert [set(terms) for terms in terms_of(RecAdvAuxConsistency(w_consistency=0))] == [{"adv", "aux"}, {"rec", "adv"}]
    assert "consistency" in terms_of(RecAdvAuxConsistency())[0]
    assert "rotation" in terms_of(RecAdvAuxConsistency(w_rotation=1))[0]


def test_the_teacher_classifies_the_image_without_a_hole() -> None:
    loss, teacher = RecAdvAuxConsistency(threshold=0.0, align=False), critic().eval()
    batch_with_labels = loss.add_pseudo_labels(batch(), teacher, random())
    assert isinstance(batch_with_labels, PseudoLabelledBatch)
    assert torch.equal(batch_with_labels.pseudo_labels, teacher.classify(batch().images[1:]).argmax(1))


def test_known_labels_replace_the_predictions_of_the_teacher() -> None:
    labels = torch.tensor([2, 0, 1, 2])
    loss = RecAdvAuxConsistency(threshold=1.0)
    batch_with_labels = loss.add_pseudo_labels(Batch(batch().images, labels), critic().eval(), random())
    assert isinstance(batch_with_labels, PseudoLabelledBatch)
    assert torch.equal(batch_with_labels.pseudo_labels, labels)
    assert batch_with_labels.selected.all()


def test_the_class_term_uses_labelled_images_and_the_adversarial_terms_the_others() -> None:
    loss, network = RecAdvAuxConsistency(w_consistency=0), critic().eval()
    fake = loss.generate(MaskedAutoencoder(SPEC, width=4), batch(), random())
    assert torch.equal((1 - fake.masks) * fake.images, (1 - fake.masks) * batch().images[1:])
    terms = loss.discriminator_terms(network, batch(), fake.detach(), random())
    expected = functional.cross_entropy(network.classify(batch().images[:1]), LABELS[:1])
    assert terms["aux"].value.item() == pytest.approx(expected.item())


def test_a_batch_without_labels_has_no_class_term() -> None:
    loss, unlabelled = RecAdvAuxConsistency(), Batch(batch().images, torch.full((4,), -1))
    network = critic()
    given = loss.add_pseudo_labels(unlabelled, network, random())
    fake = loss.generate(MaskedAutoencoder(SPEC, width=4), given, random())
    assert set(loss.discriminator_terms(network, given, fake.detach(), random())) == {"adv", "consistency"}


def test_in_painted_and_cut_out_views_differ_in_the_consistency_term_alone() -> None:
    inpainted, _ = terms_of(RecAdvAuxConsistency(threshold=0.0, w_rotation=1, translate=False))
    cut, _ = terms_of(RecAdvAuxConsistency(threshold=0.0, w_rotation=1, translate=False, view="cut-out"))
    assert inpainted.pop("consistency") != cut.pop("consistency")
    assert inpainted["aux"] != 0


def test_without_classes_no_teacher_is_used() -> None:
    spec = ImageSpec(1, 32, 32, 0)
    loss, network = RecAdvAuxConsistency(w_rotation=1), DualHeadPatchGAN(spec, width=4, rotations=True)
    given = loss.add_pseudo_labels(Batch(batch().images, torch.full((4,), -1)), network, random())
    fake = loss.generate(MaskedAutoencoder(spec, width=4), given, random())
    assert set(loss.discriminator_terms(network, given, fake.detach(), random())) == {"adv", "rotation"}


def test_a_critic_without_a_rotation_head_says_how_to_get_one() -> None:
    with pytest.raises(UsageError, match=r"-o discriminator.rotations=true"):
        critic(rotations=False).classify_rotation(batch().images)


def test_images_are_rotated_counterclockwise_by_quarter_turns() -> None:
    x = torch.arange(4.0).view(1, 1, 2, 2).expand(64, 1, 2, 2)
    turned, quarters = rotate_randomly(x, random())
    by_hand = {0: [0, 1, 2, 3], 1: [1, 3, 0, 2], 2: [3, 2, 1, 0], 3: [2, 0, 3, 1]}
    assert set(quarters.tolist()) == set(by_hand)
    assert all(image.flatten().tolist() == by_hand[int(q)] for image, q in zip(turned, quarters, strict=True))


def test_augmentation_keeps_the_shape_passes_gradients_and_can_be_switched_off() -> None:
    x = torch.rand(6, 3, 32, 32, requires_grad=True)
    changed = diff_augment(x, random(), translate=True, colour=True)
    assert changed.shape == x.shape
    changed.sum().backward()
    assert x.grad is not None
    assert x.grad.any()
    assert diff_augment(x, random(), translate=False, colour=False) is x


def test_each_image_is_shifted_separately_by_at_most_an_eighth() -> None:
    x = torch.zeros(32, 1, 32, 32)
    x[:, :, 16, 16] = 1.0
    places = diff_augment(x, random(), translate=True, colour=False).flatten(1).argmax(1)
    down, across = places // 32 - 16, places % 32 - 16
    assert down.abs().max() == across.abs().max() == 4
    assert len(set(places.tolist())) > 10


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

import pytest
import torch
from torch.nn import functional

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAuxConsistency
from ccgan_plugin.augment import diff_augment
from ccgan_plugin.pseudo_labels import PseudoLabelledBatch
from ccgan_plugin.terms import r1_penalty, rotate_randomly
from zoo_core import Batch, Discriminator, ImageSpec, Logits, StepRandom, UsageError

SPEC = ImageSpec(1, 32, 32, 3)
LABELS = torch.tensor([2, -1, -1, -1])


def random(step: int = 0) -> StepRandom:
    return StepRandom(0, step, "test")


def batch() -> Batch:
    return Batch(torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1, LABELS)


def critic(rotations: bool = True) -> DualHeadPatchGAN:
    torch.manual_seed(0)
    return DualHeadPatchGAN(SPEC, width=4, rotations=rotations)


def terms_of(loss: RecAdvAuxConsistency, step: int = 0) -> tuple[dict[str, float], dict[str, float]]:
    """What both sides are told, by name; the critic's first."""
    network, generator = critic(), MaskedAutoencoder(SPEC, width=4)
    given = loss.add_pseudo_labels(batch(), network.eval(), random(step)) if loss.needs_ema_teacher else batch()
    fake = loss.generate(generator, given, random(step))
    network.train()
    told = loss.discriminator_terms(network, given, fake.detach(), random(step))
    made = loss.generator_terms(network, given, fake, random(step))
    return tuple({name: term.value.item() for name, term in terms.items()} for terms in (told, made))  # type: ignore[return-value]


def test_every_option_adds_its_term_and_takes_it_away() -> None:
    assert [set(terms) for terms in terms_of(RecAdvAuxConsistency(w_consistency=0))] == [{"adv", "aux"}, {"rec", "adv"}]
    assert "consistency" in terms_of(RecAdvAuxConsistency())[0]
    assert "rotation" in terms_of(RecAdvAuxConsistency(w_rotation=1))[0]
    assert "match" in terms_of(RecAdvAuxConsistency(w_match=1))[1]
    penalised = [step for step in range(40) if "r1" in terms_of(RecAdvAuxConsistency(w_r1=1), step)[0]]
    assert penalised == [0, 16, 32]


def test_the_averaged_critic_judges_the_whole_image() -> None:
    loss, teacher = RecAdvAuxConsistency(threshold=0.0, align=False), critic().eval()
    taught = loss.add_pseudo_labels(batch(), teacher, random())
    assert isinstance(taught, PseudoLabelledBatch)
    assert torch.equal(taught.classes, teacher.classify(batch().images[1:]).argmax(1))


def test_where_every_image_has_a_label_it_stands_whatever_the_averaged_critic_says() -> None:
    labels = torch.tensor([2, 0, 1, 2])
    loss = RecAdvAuxConsistency(threshold=1.0)
    taught = loss.add_pseudo_labels(Batch(batch().images, labels), critic().eval(), random())
    assert isinstance(taught, PseudoLabelledBatch)
    assert torch.equal(taught.classes, labels)
    assert taught.trust.all()


def test_the_class_term_sees_labelled_images_as_they_are_and_the_game_only_the_others() -> None:
    loss, network = RecAdvAuxConsistency(w_consistency=0), critic().eval()
    fake = loss.generate(MaskedAutoencoder(SPEC, width=4), batch(), random())
    assert torch.equal((1 - fake.masks) * fake.images, (1 - fake.masks) * batch().images[1:])
    told = loss.discriminator_terms(network, batch(), fake.detach(), random())
    expected = functional.cross_entropy(network.classify(batch().images[:1]), LABELS[:1])
    assert told["aux"].value.item() == pytest.approx(expected.item())


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


def test_without_classes_the_game_goes_on_without_a_teacher() -> None:
    spec = ImageSpec(1, 32, 32, 0)
    loss, network = RecAdvAuxConsistency(w_rotation=1), DualHeadPatchGAN(spec, width=4, rotations=True)
    given = loss.add_pseudo_labels(Batch(batch().images, torch.full((4,), -1)), network, random())
    fake = loss.generate(MaskedAutoencoder(spec, width=4), given, random())
    assert set(loss.discriminator_terms(network, given, fake.detach(), random())) == {"adv", "rotation"}


def test_a_critic_without_the_head_says_how_to_get_it() -> None:
    with pytest.raises(UsageError, match=r"-o discriminator.rotations=true"):
        critic(rotations=False).classify_rotation(batch().images)


def test_images_are_turned_by_quarters_counterclockwise() -> None:
    x = torch.arange(4.0).view(1, 1, 2, 2).expand(64, 1, 2, 2)
    turned, quarters = rotate_randomly(x, random())
    by_hand = {0: [0, 1, 2, 3], 1: [1, 3, 0, 2], 2: [3, 2, 1, 0], 3: [2, 0, 3, 1]}
    assert set(quarters.tolist()) == set(by_hand)
    assert all(image.flatten().tolist() == by_hand[int(q)] for image, q in zip(turned, quarters, strict=True))


def test_r1_is_half_the_squared_slope() -> None:
    """D(x) = 3 * sum(x): the slope is 3 at each of 4 pixels, so R1 = (4 * 9) / 2."""

    class Linear(Discriminator):
        def forward(self, images: torch.Tensor) -> Logits:
            return Logits(3 * images.sum((1, 2, 3), keepdim=True)[..., 0])

    assert r1_penalty(Linear(SPEC), torch.rand(5, 1, 2, 2)).item() == pytest.approx(18.0)


def test_augmentation_keeps_shape_lets_gradients_through_and_can_be_switched_off() -> None:
    x = torch.rand(6, 3, 32, 32, requires_grad=True)
    changed = diff_augment(x, random(), horizontal_flip=True, translate=True, colour=True)
    assert changed.shape == x.shape
    changed.sum().backward()
    assert x.grad is not None
    assert x.grad.any()
    assert diff_augment(x, random(), horizontal_flip=False, translate=False, colour=False) is x


def test_a_shift_moves_each_image_on_its_own_by_at_most_an_eighth() -> None:
    x = torch.zeros(32, 1, 32, 32)
    x[:, :, 16, 16] = 1.0
    places = diff_augment(x, random(), horizontal_flip=False, translate=True, colour=False).flatten(1).argmax(1)
    down, across = places // 32 - 16, places % 32 - 16
    assert down.abs().max() == across.abs().max() == 4
    assert len(set(places.tolist())) > 10


def test_about_half_of_the_images_are_mirrored() -> None:
    x = torch.arange(4.0).expand(400, 1, 1, 4)
    changed = diff_augment(x, random(), horizontal_flip=True, translate=False, colour=False)
    turned = (changed[:, 0, 0, 0] == 3).sum().item()
    assert 150 < turned < 250
    assert all(row.tolist() in ([0, 1, 2, 3], [3, 2, 1, 0]) for row in changed[:, 0, 0])

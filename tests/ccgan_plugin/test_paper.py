"""The settings of the paper's code (Denton et al. 2016), one by one."""

import pytest
import torch
from torch import nn

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from ccgan_plugin.plugin import CCGAN2_PAPER, CCGAN_PAPER
from zoo_core import Batch, ImageSpec, StepRandom, UsageError

SPEC = ImageSpec(3, 32, 32, 10)


@pytest.mark.parametrize("network", [MaskedAutoencoder, DualHeadPatchGAN])
def test_weights_are_drawn_from_a_normal_distribution_of_deviation_0_02(network: type) -> None:
    built = network(SPEC, width=16, norm="batch", first_norm=True, init="dcgan")
    layers = [layer for layer in built.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]
    weights = torch.cat([layer.weight.detach().flatten() for layer in layers])
    assert weights.std().item() == pytest.approx(0.02, rel=0.02)
    assert weights.mean().item() == pytest.approx(0, abs=1e-3)
    assert all(layer.bias is None or not layer.bias.any() for layer in layers)
    scales = torch.cat([layer.weight.detach() for layer in built.modules() if isinstance(layer, nn.BatchNorm2d)])
    assert scales.mean().item() == pytest.approx(1, abs=0.01)


def test_the_first_convolution_is_normalised_as_well() -> None:
    critic = DualHeadPatchGAN(SPEC, width=4, norm="batch", first_norm=True)
    generator = MaskedAutoencoder(SPEC, width=4, first_norm=True, activation="relu")
    assert isinstance(critic.trunk[1], nn.BatchNorm2d)
    stage = generator.encoder[0]
    assert isinstance(stage, nn.Sequential)
    assert isinstance(stage[1], nn.BatchNorm2d)
    assert (stage(torch.randn(4, 3, 32, 32)) >= 0).all()


def test_cc_gan_squared_judges_composite_and_complete_output_in_alternate_steps() -> None:
    generator = MaskedAutoencoder(SPEC, width=4)
    batch = Batch(torch.rand(4, 3, 32, 32), torch.full((4,), -1))
    loss = RecAdvAux(judged="alternate")
    first, second = (loss.generate(generator, batch, StepRandom(0, step, "game")) for step in (0, 1))
    kept = (first.masks == 0).expand_as(batch.images)
    assert torch.equal(first.images[kept], batch.images[kept])
    assert torch.equal(second.images, second.generated)


def test_the_class_term_has_its_own_step_and_adversarial_terms_use_unlabelled_images() -> None:
    loss = RecAdvAux(class_step="own", w_rec=0.0)
    batch = Batch(torch.rand(6, 3, 32, 32), torch.tensor([2, -1, 3, -1, -1, -1]))
    generator, critic = MaskedAutoencoder(SPEC, width=4), DualHeadPatchGAN(SPEC, width=4)
    fake = loss.generate(generator, batch, StepRandom(0, 0, "game"))
    assert len(fake.images) == 4
    outside = (fake.masks == 0).expand_as(fake.images)
    assert torch.equal(fake.images[outside], batch.images[[1, 3, 4, 5]][outside])
    assert set(loss.discriminator_terms(critic, batch, fake.detach(), StepRandom(0, 0, "game"))) == {"adv"}
    assert set(loss.supervised_terms(critic, batch.select_labelled(), StepRandom(0, 0, "game"))) == {"aux"}


def test_if_all_images_are_labelled_the_adversarial_terms_use_all() -> None:
    batch = Batch(torch.rand(3, 3, 32, 32), torch.tensor([2, 1, 3]))
    loss = RecAdvAux(class_step="own")
    assert len(loss.generate(MaskedAutoencoder(SPEC, width=4), batch, StepRandom(0, 0, "game")).images) == 3


def test_the_recipes_have_the_published_settings() -> None:
    for recipe, target, steps in ((CCGAN_PAPER, 0.9, 100_000), (CCGAN2_PAPER, 1.0, 200_000)):
        train, loss = recipe.options["train"], recipe.options["loss"]
        assert (train["steps"], train["lr"], loss["real_target"], loss["w_rec"]) == (steps, 2e-4, target, 0.0)
        assert train["batch_size"] == 100 + 100  # unlabelled for the adversarial terms, labelled for the class step


def test_the_low_resolution_copy_enters_after_the_second_stage_and_shows_the_hole() -> None:
    torch.manual_seed(0)
    generator = MaskedAutoencoder(SPEC, width=4, low_resolution=True).eval()
    third = generator.encoder[2]
    assert isinstance(third, nn.Sequential)
    assert isinstance(third[0], nn.Conv2d)
    assert third[0].in_channels == 8 + 3
    masks = torch.ones(1, 1, 32, 32)
    dark, bright = (generator.inpaint(torch.full((1, 3, 32, 32), value), masks) for value in (-1.0, 1.0))
    assert not torch.equal(dark, bright)
    blind = MaskedAutoencoder(SPEC, width=4).eval()
    assert torch.equal(*(blind.inpaint(torch.full((1, 3, 32, 32), value), masks) for value in (-1.0, 1.0)))
    with pytest.raises(UsageError, match=r"-o generator.depth=3"):
        MaskedAutoencoder(SPEC, depth=2, low_resolution=True)

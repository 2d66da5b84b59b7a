"""One test for each fault of the published listing.

The numbers are those of the table in docs/method.md.
"""

import inspect
import math

import pytest
import torch
from torch import Tensor, nn

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from ccgan_plugin.loss import InpaintedImages
from zoo_core import Batch, ImageSpec, Logits, StepRandom, TrainSettings, composite
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep


class Spy(DualHeadPatchGAN):
    """Records the images that it receives."""

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec, width=4)
        self.seen: list[Tensor] = []

    def forward(self, images: Tensor) -> Logits:
        self.seen.append(images.detach().clone())
        return super().forward(images)


class Recorder(RecAdvAux):
    """Records what was generated."""

    fake: InpaintedImages

    def generate(self, *arguments: object) -> InpaintedImages:
        self.fake = super().generate(*arguments)  # type: ignore[arg-type]
        return self.fake


@pytest.fixture
def training_step(spec: ImageSpec) -> GANTrainingStep:
    torch.manual_seed(0)
    parts = MaskedAutoencoder(spec, width=4), Spy(spec), Recorder()
    return GANTrainingStep(*parts, TrainSettings(), Runtime.choose("cpu"))


@pytest.fixture
def fake(training_step: GANTrainingStep, batch: Batch) -> InpaintedImages:
    training_step.train(0, [batch])
    assert isinstance(training_step.loss, Recorder)
    return training_step.loss.fake


def test_01_the_output_is_as_large_as_the_input(fake: InpaintedImages, batch: Batch) -> None:
    assert fake.generated.shape == batch.images.shape


def test_02_blocks_have_one_one_two_two_two_convolutions(spec: ImageSpec) -> None:
    kinds = [type(layer) for layer in DualHeadPatchGAN(spec, width=4).trunk]
    blocks = "".join("M" if kind is nn.MaxPool2d else "c" for kind in kinds if kind in (nn.Conv2d, nn.MaxPool2d))
    assert blocks == "cMcMccMccMccM"


def test_03_04_the_fake_has_the_label_of_its_source_image(training_step: GANTrainingStep, batch: Batch) -> None:
    loss, random = RecAdvAux(w_aux_fake=1.0), StepRandom(0, 0, "game")
    fake = loss.generate(training_step.generator, batch, random)
    term = loss.generator_terms(training_step.discriminator.eval(), batch, fake, random)["aux_fake"].value
    logits = training_step.discriminator(fake.images).classes
    assert logits is not None
    assert term.item() == pytest.approx(nn.functional.cross_entropy(logits[:4], batch.labels[:4]).item(), rel=1e-5)


def test_05_every_step_has_its_own_graph(training_step: GANTrainingStep, batch: Batch) -> None:
    for step in range(3):
        training_step.train(step, [batch])


def test_07_reconstruction_compares_with_the_original_image(
    training_step: GANTrainingStep, fake: InpaintedImages, batch: Batch
) -> None:
    perfect = InpaintedImages(batch.images, fake.masks, batch.images)
    terms = training_step.loss.generator_terms(training_step.discriminator, batch, perfect, StepRandom(0, 0, "game"))
    assert terms["rec"].value.item() == 0


def test_08_reconstruction_counts_only_inside_the_hole(
    training_step: GANTrainingStep, fake: InpaintedImages, batch: Batch
) -> None:
    wrong_outside = composite(-batch.images, fake.masks, batch.images)
    fake = InpaintedImages(batch.images, fake.masks, wrong_outside)
    terms = training_step.loss.generator_terms(training_step.discriminator, batch, fake, StepRandom(0, 0, "game"))
    assert terms["rec"].value.item() == 0


def collect_critic_inputs(training_step: GANTrainingStep) -> list[Tensor]:
    assert isinstance(training_step.discriminator, Spy)
    return training_step.discriminator.seen


def test_09_the_critics_real_images_are_not_masked(
    training_step: GANTrainingStep, fake: InpaintedImages, batch: Batch
) -> None:
    assert torch.equal(collect_critic_inputs(training_step)[0], batch.images)


def test_10_the_critic_sees_the_composite(training_step: GANTrainingStep, fake: InpaintedImages, batch: Batch) -> None:
    x_i = (1 - fake.masks) * batch.images + fake.masks * fake.generated
    assert len(collect_critic_inputs(training_step)) == 3
    for images in collect_critic_inputs(training_step)[1:]:
        assert torch.equal(images, x_i)


def test_11_classes_are_learnt_from_unmasked_labelled_images(
    training_step: GANTrainingStep, batch: Batch, fake: InpaintedImages
) -> None:
    critic = training_step.discriminator.eval()
    assert isinstance(critic, Spy)
    terms = training_step.loss.discriminator_terms(critic, batch, fake, StepRandom(0, 0, "game"))
    by_hand = nn.functional.cross_entropy(critic.classify(batch.images[:4]), batch.labels[:4])
    assert terms["aux"].value.item() == pytest.approx(by_hand.item(), rel=1e-5)


def test_12_a_batch_without_any_label_trains_and_stays_finite(training_step: GANTrainingStep, batch: Batch) -> None:
    values = training_step.train(0, [Batch(batch.images, torch.full_like(batch.labels, -1))])
    assert all(value.isfinite() for value in values.values())
    assert values["discriminator/aux"].item() == 0
    assert all(weight.isfinite().all() for weight in training_step.discriminator.parameters())


def test_13_the_class_loss_can_fall_below_that_of_softmax_twice() -> None:
    """A softmax in front of the cross-entropy cannot get below log(1 + 9 / e) = 1.461 with ten classes."""
    from ccgan_plugin.terms import class_cross_entropy

    sure = nn.functional.one_hot(torch.arange(10), 10) * 20.0
    assert math.log(1 + 9 / math.e) == pytest.approx(1.461, abs=1e-3)
    assert class_cross_entropy(sure, torch.arange(10)).item() < 1e-6


def test_13_14_neither_head_squashes_its_logits(spec: ImageSpec) -> None:
    squashing = (nn.Sigmoid, nn.Softmax, nn.LogSoftmax, nn.Tanh)
    assert not any(isinstance(module, squashing) for module in DualHeadPatchGAN(spec, width=4).modules())


def test_14_the_adversarial_loss_stays_finite_and_steep_for_confident_critics() -> None:
    from ccgan_plugin.terms import bce

    logit = torch.tensor([200.0], requires_grad=True)
    loss = bce(logit, 0.0)
    loss.backward()
    assert loss.item() == pytest.approx(200.0)
    assert logit.grad is not None
    assert logit.grad.item() == pytest.approx(1.0)


@pytest.mark.parametrize("size", [32, 64, 96, 128])
def test_15_16_heads_read_all_channels_and_validity_is_per_patch(size: int) -> None:
    critic = DualHeadPatchGAN(ImageSpec(3, size, size, 10), width=8)
    assert critic.classes is not None
    assert critic.classes[-1].in_features == 64 * (size // 32) ** 2
    assert isinstance(critic.validity, nn.Conv2d)
    assert critic.validity.in_channels == 64


@pytest.mark.parametrize("network", [MaskedAutoencoder, DualHeadPatchGAN])
def test_17_batch_norm_has_the_default_eps(network: type[nn.Module], spec: ImageSpec) -> None:
    norms = [m for m in network(spec, width=4, norm="batch").modules() if isinstance(m, nn.BatchNorm2d)]
    assert norms
    assert {norm.eps for norm in norms} == {1e-5}


def test_18_the_norm_is_an_option_of_both_networks(spec: ImageSpec) -> None:
    for network in (MaskedAutoencoder, DualHeadPatchGAN):
        assert "norm" in inspect.signature(network).parameters
        without = network(spec, width=4, norm="none")
        assert not any("Norm" in type(module).__name__ for module in without.modules())


def test_19_the_last_row_and_column_can_be_missing_and_a_full_hole_is_possible(batch: Batch) -> None:
    many = batch.images[:1].expand(500, -1, -1, -1)
    masks = RecAdvAux().sample_masks(many, StepRandom(0, 0, "masks"))
    assert masks[:, :, -1].any()
    assert masks[:, :, :, -1].any()
    assert RecAdvAux(mask_size=1.0).sample_masks(many, StepRandom(0, 0, "masks")).all()


def test_20_missing_pixels_are_zero(spec: ImageSpec, batch: Batch) -> None:
    seen: list[Tensor] = []
    generator = MaskedAutoencoder(spec, width=4)
    generator.encoder[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    fake = RecAdvAux().generate(generator, batch, StepRandom(0, 0, "game"))
    assert torch.equal(seen[0], (1 - fake.masks) * batch.images)


def test_21_the_masks_are_returned(fake: InpaintedImages, batch: Batch) -> None:
    assert fake.masks.shape == (len(batch), 1, 32, 32)


def test_22_masks_depend_on_seed_and_step_alone(batch: Batch) -> None:
    import numpy as np

    loss = RecAdvAux()
    np.random.seed(1)
    torch.manual_seed(1)
    first = loss.sample_masks(batch.images, StepRandom(0, 7, "game"))
    np.random.seed(2)
    torch.manual_seed(2)
    assert torch.equal(loss.sample_masks(batch.images, StepRandom(0, 7, "game")), first)
    assert not torch.equal(loss.sample_masks(batch.images, StepRandom(0, 8, "game")), first)


def test_23_every_weight_has_a_name() -> None:
    assert {"w_rec", "w_adv", "w_aux", "w_aux_fake"} <= set(inspect.signature(RecAdvAux).parameters)


def test_24_the_generator_step_leaves_no_gradient_in_the_critic(training_step: GANTrainingStep, batch: Batch) -> None:
    seen: list[bool] = []

    class Watching(Recorder):
        def generator_terms(self, discriminator: nn.Module, *rest: object) -> object:  # type: ignore[override]
            seen.extend(weight.requires_grad for weight in discriminator.parameters())
            for weight in discriminator.parameters():
                weight.grad = None
            return super().generator_terms(discriminator, *rest)  # type: ignore[arg-type]

    training_step.loss = Watching()
    training_step.train(0, [batch])
    assert seen
    assert not any(seen)
    assert all(weight.grad is None for weight in training_step.discriminator.parameters())
    assert all(weight.requires_grad for weight in training_step.discriminator.parameters())
    assert any(weight.grad is not None for weight in training_step.generator.parameters())

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zoo_core import (
    Batch,
    Discriminator,
    Fake,
    Generator,
    ImageSpec,
    Logits,
    Loss,
    StepRandom,
    Term,
    Terms,
    TrainSettings,
    ZooError,
)
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep, freeze

SPEC = ImageSpec(1, 2, 2)


class OneWeight(nn.Module):
    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)
        self.spec = spec
        self.weight = nn.Parameter(torch.tensor(2.0))


class G(OneWeight, Generator): ...


class D(OneWeight, Discriminator):
    def forward(self, images: Tensor) -> Logits:
        return Logits(self.weight * images.mean((1, 2, 3), keepdim=False)[:, None])


class ScriptedLoss(Loss[Fake]):
    """Has terms with known gradients, and records for which batch values it generates, and whether with a graph."""

    def __init__(self, discriminator_steps: int = 1, penalty: bool = False) -> None:
        super().__init__()
        self.discriminator_steps = discriminator_steps
        self.needs_double_backward = penalty
        self.generated: list[tuple[float, bool]] = []

    def generate(self, generator: Any, batch: Batch, random: StepRandom) -> Fake:
        self.generated.append((batch.images.mean().item(), torch.is_grad_enabled()))
        return Fake(generator.weight * torch.ones_like(batch.images))

    def discriminator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        generated = discriminator(fake.images).validity.mean()
        terms = {"fake": Term(generated, 3.0), "real": Term(discriminator(batch.images).validity.mean(), -1.0)}
        if self.needs_double_backward:
            images = batch.images.clone().requires_grad_()
            (slope,) = torch.autograd.grad(discriminator(images).validity.sum(), images, create_graph=True)
            terms["penalty"] = Term(slope.square().sum())
        return terms

    def generator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        return {"fake": Term(-discriminator(fake.images).validity.mean())}


def build(loss: Loss[Any], **settings: Any) -> GANTrainingStep:
    return GANTrainingStep(G(SPEC), D(SPEC), loss, TrainSettings(**{"lr": 0.1, **settings}), Runtime.choose("cpu"))


def get_weight(network: nn.Module) -> float:
    (weight,) = network.parameters()
    return weight.item()


def make_batch(value: float) -> Batch:
    return Batch(torch.full((2, 1, 2, 2), float(value)), torch.tensor([-1, -1]))


def test_the_generator_runs_once_in_an_iteration() -> None:
    loss = ScriptedLoss()
    build(loss).train(0, [make_batch(0)])
    assert loss.generated == [(0.0, True)]


def test_each_discriminator_step_has_a_batch_and_only_the_last_fake_has_a_graph() -> None:
    loss = ScriptedLoss(discriminator_steps=3)
    generated_before = []

    def load_batches() -> Iterator[Batch]:
        for value in (6, 7, 8):
            generated_before.append(len(loss.generated))
            yield make_batch(value)

    build(loss).train(2, load_batches())
    assert generated_before == [0, 1, 2]  # a batch is loaded only when it is needed
    assert loss.generated == [(6.0, False), (7.0, False), (8.0, True)]


def test_terms_are_summed_with_their_weights() -> None:
    """d/dw [3 * w * g - 1 * w * 8] = 3 * 2 - 8 = -2; Adam's first step is the learning rate against its sign."""
    training_step = build(ScriptedLoss(), lr=0.25)
    values = training_step.train(8, [make_batch(8)])
    assert values["discriminator/fake"].item() == 4.0
    assert values["discriminator/real"].item() == 16.0
    assert get_weight(training_step.discriminator) == pytest.approx(2.0 + 0.25)
    assert values["generator/fake"].item() == pytest.approx(-(2.0 + 0.25) * 2.0)
    assert get_weight(training_step.generator) == pytest.approx(2.0 + 0.25)


def test_a_gradient_penalty_reaches_the_weights() -> None:
    """The slope of D is w / 4 at each of 4 pixels of 2 images: penalty = 8 * (w / 4)^2 = 2 at w = 2."""
    values = build(ScriptedLoss(penalty=True)).train(0, [make_batch(0)])
    assert values["discriminator/penalty"].item() == pytest.approx(2.0)


def test_a_network_without_terms_is_not_changed() -> None:
    class DiscriminatorOnly(ScriptedLoss):
        def generator_terms(self, *arguments: Any) -> Terms:
            return {}

    training_step = build(DiscriminatorOnly())
    assert set(training_step.train(0, [make_batch(0)])) == {"discriminator/fake", "discriminator/real"}
    assert get_weight(training_step.generator) == 2.0


@pytest.mark.parametrize(
    ("result", "reason"), [(None, "not NoneType"), ({"adv": torch.zeros(1)}, "not dict of other values")]
)
def test_a_loss_that_returns_no_terms_is_named(result: Any, reason: str) -> None:
    class WrongLoss(ScriptedLoss):
        def generator_terms(self, *arguments: Any) -> Any:
            return result

    with pytest.raises(ZooError, match=rf"WrongLoss.generator_terms\(\) must return a dict of .*{reason}"):
        build(WrongLoss()).train(0, [make_batch(0)])


def test_generated_images_of_another_shape_than_the_data_are_refused() -> None:
    class Cropping(ScriptedLoss):
        def generate(self, generator: Any, batch: Batch, random: StepRandom) -> Fake:
            return Fake(super().generate(generator, batch, random).images[..., 1:])

    message = r"Cropping received images of shape \(1, 2, 1\) from G; the data has \(1, 2, 2\)"
    with pytest.raises(ZooError, match=message):
        build(Cropping()).train(0, [make_batch(0)])


class PseudoLabelLoss(ScriptedLoss):
    """Has two classes and a supervised step, and records the EMA teachers that it receives."""

    has_supervised_step = True
    needs_ema_teacher = True

    def __init__(self) -> None:
        super().__init__()
        self.teachers: list[tuple[float, bool]] = []

    def add_pseudo_labels(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        assert isinstance(teacher, D)
        self.teachers.append((teacher.weight.item(), torch.is_grad_enabled()))
        return Batch(batch.images * 0 + 5.0, batch.labels, batch.labelled_indices)

    def supervised_terms(self, discriminator: Any, batch: Batch, random: StepRandom) -> Terms:
        return {"aux": Term(discriminator(batch.images).validity.mean() * len(batch))}


def build_semi_supervised(**settings: Any) -> GANTrainingStep:
    spec = ImageSpec(1, 2, 2, 2)
    train = TrainSettings(lr=0.25, ema_decay=0.5, **settings)
    return GANTrainingStep(G(spec), D(spec), PseudoLabelLoss(), train, Runtime.choose("cpu"))


HALF_LABELLED = Batch(torch.ones(2, 1, 2, 2), torch.tensor([1, -1]))


def test_the_supervised_step_uses_labelled_images_only_and_follows_the_generator_step() -> None:
    """d/dw [3 * w * 2 - w * 5] = 1 lowers the weight to 1.75, with which the supervised step scores one image of 5."""
    values = build_semi_supervised().train(0, [HALF_LABELLED])
    assert values["discriminator/aux"].item() == pytest.approx(1.75 * 5.0)
    assert list(values)[-1] == "discriminator/aux"


def test_pseudo_labels_come_from_the_ema_discriminator_before_the_terms_use_them() -> None:
    """The average starts at the weight after the first iteration; the second update keeps 2 / 11 of it."""
    training_step, weights = build_semi_supervised(), []
    for step in range(3):
        values = training_step.train(step, [HALF_LABELLED])
        weights.append(get_weight(training_step.discriminator))
        if step == 0:
            assert values["discriminator/real"].item() == 2.0 * 5.0
    assert isinstance(training_step.loss, PseudoLabelLoss)
    teacher_weights, grad_enabled = zip(*training_step.loss.teachers, strict=True)
    assert teacher_weights == pytest.approx((2.0, weights[0], 2 / 11 * weights[0] + 9 / 11 * weights[1]))
    assert not any(grad_enabled)


def test_fine_tuning_changes_only_the_discriminator_by_adagrad() -> None:
    """Adagrad's first step is its learning rate against the gradient's sign."""
    training_step = build_semi_supervised(finetune_steps=1, finetune_lr=0.125)
    values = training_step.finetune(7, HALF_LABELLED)
    assert set(values) == {"discriminator/aux"}
    assert get_weight(training_step.discriminator) == pytest.approx(2.0 - 0.125)
    assert get_weight(training_step.generator) == 2.0


def test_a_cosine_schedule_decreases_to_zero() -> None:
    training_step = build(ScriptedLoss(), lr=0.4, steps=4, schedule="cosine")
    rates = []
    for step in range(4):
        training_step.train(step, [make_batch(step)])
        rates.append(training_step.optimizers["generator"].param_groups[0]["lr"])
    assert rates == pytest.approx([0.4, 0.4 * (1 + 0.5**0.5) / 2, 0.2, 0.4 * (1 - 0.5**0.5) / 2])


def test_freezing_lets_gradients_through_and_restores_the_weights() -> None:
    network = nn.Linear(2, 1)
    network.bias.requires_grad_(False)
    x = torch.ones(1, 2, requires_grad=True)
    with freeze(network):
        network(x).sum().backward()
    assert x.grad is not None
    assert network.weight.grad is None
    assert network.weight.requires_grad
    assert not network.bias.requires_grad

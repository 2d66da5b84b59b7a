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
from zoo_core.training.training_step import GANTrainingStep, frozen

SPEC = ImageSpec(1, 2, 2)


class OneWeight(nn.Module):
    def __init__(self, spec: ImageSpec) -> None:
        super().__init__(spec)  # type: ignore[call-arg]
        self.spec = spec
        self.weight = nn.Parameter(torch.tensor(2.0))


class G(OneWeight, Generator): ...


class D(OneWeight, Discriminator):
    def forward(self, images: Tensor) -> Logits:
        return Logits(self.weight * images.mean((1, 2, 3), keepdim=False)[:, None])


class Scripted(Loss[Fake]):
    """Counts what it is asked, with terms whose gradients are known."""

    def __init__(self, rounds: int = 1, penalty: bool = False) -> None:
        super().__init__()
        self.discriminator_steps = rounds
        self.needs_double_backward = penalty
        self.generated: list[bool] = []

    def generate(self, generator: Any, batch: Batch, random: StepRandom) -> Fake:
        self.generated.append(torch.is_grad_enabled())
        return Fake(generator.weight * torch.ones_like(batch.images))

    def discriminator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        made = discriminator(fake.images).validity.mean()
        terms = {"made": Term(made, 3.0), "real": Term(discriminator(batch.images).validity.mean(), -1.0)}
        if self.needs_double_backward:
            images = batch.images.clone().requires_grad_()
            (slope,) = torch.autograd.grad(discriminator(images).validity.sum(), images, create_graph=True)
            terms["penalty"] = Term(slope.square().sum())
        return terms

    def generator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        return {"made": Term(-discriminator(fake.images).validity.mean())}


def game(loss: Loss[Any], lr: float = 0.1) -> GANTrainingStep:
    return GANTrainingStep(G(SPEC), D(SPEC), loss, TrainSettings(lr=lr), Runtime.choose("cpu"))


def batch_of(number: int) -> Batch:
    return Batch(torch.full((2, 1, 2, 2), float(number)), torch.tensor([-1, -1]))


def test_one_generator_forward_an_iteration() -> None:
    loss = Scripted()
    game(loss).play(0, batch_of)
    assert loss.generated == [True]


def test_several_discriminator_steps_each_get_a_batch_and_only_the_last_fake_has_a_graph() -> None:
    loss, numbers = Scripted(rounds=3), []

    def counted(number: int) -> Batch:
        numbers.append(number)
        return batch_of(number)

    game(loss).play(2, counted)
    assert numbers == [6, 7, 8]
    assert loss.generated == [False, False, True]


def test_terms_are_summed_with_their_weights() -> None:
    """d/dw [3 * w * g - 1 * w * 8] = 3 * 2 - 8 = -2; Adam's first step is the learning rate against its sign."""
    played = game(Scripted(), lr=0.25)
    values = played.play(8, batch_of)
    assert values["discriminator/made"].item() == 4.0
    assert values["discriminator/real"].item() == 16.0
    assert played.discriminator.weight.item() == pytest.approx(2.0 + 0.25)
    assert values["generator/made"].item() == pytest.approx(-(2.0 + 0.25) * 2.0)
    assert played.generator.weight.item() == pytest.approx(2.0 + 0.25)


def test_a_gradient_penalty_reaches_the_weights() -> None:
    """The slope of D is w / 4 at each of 4 pixels of 2 images: penalty = 8 * (w / 4)^2 = 2 at w = 2."""
    values = game(Scripted(penalty=True)).play(0, batch_of)
    assert values["discriminator/penalty"].item() == pytest.approx(2.0)


def test_a_side_without_terms_stays_as_it_is() -> None:
    class Idle(Scripted):
        def generator_terms(self, *arguments: Any) -> Terms:
            return {}

    played = game(Idle())
    assert set(played.play(0, batch_of)) == {"discriminator/made", "discriminator/real"}
    assert played.generator.weight.item() == 2.0


@pytest.mark.parametrize(
    ("answer", "complaint"), [(None, "not NoneType"), ({"adv": torch.zeros(1)}, "of other things")]
)
def test_terms_that_are_none_are_refused_by_name(answer: Any, complaint: str) -> None:
    class Careless(Scripted):
        def generator_terms(self, *arguments: Any) -> Any:
            return answer

    with pytest.raises(ZooError, match=rf"Careless.generator_terms\(\) has to return a dict of .*{complaint}"):
        game(Careless()).play(0, batch_of)


def test_images_of_another_size_than_the_datas_are_refused_before_the_critic_sees_them() -> None:
    class Cropped(Scripted):
        def generate(self, generator: Any, batch: Batch, random: StepRandom) -> Fake:
            return Fake(super().generate(generator, batch, random).images[..., 1:])

    with pytest.raises(
        ZooError, match=r"Cropped got images of shape \(1, 2, 1\) from G, but the data's are \(1, 2, 2\)"
    ):
        game(Cropped()).play(0, batch_of)


class Taught(Scripted):
    """Two classes; learns from labelled images apart, and notes what it is shown."""

    has_supervised_step = True
    needs_ema_teacher = True

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, bool]] = []

    def add_pseudo_labels(self, batch: Batch, teacher: Discriminator, random: StepRandom) -> Batch:
        assert isinstance(teacher, D)
        self.seen.append((teacher.weight.item(), torch.is_grad_enabled()))
        return Batch(batch.images * 0 + 5.0, batch.labels, batch.rows)

    def supervised_terms(self, discriminator: Any, batch: Batch, random: StepRandom) -> Terms:
        return {"aux": Term(discriminator(batch.images).validity.mean() * len(batch))}


def taught_game(**settings: Any) -> GANTrainingStep:
    spec = ImageSpec(1, 2, 2, 2)
    return GANTrainingStep(
        G(spec), D(spec), Taught(), TrainSettings(lr=0.25, ema_decay=0.5, **settings), Runtime.choose("cpu")
    )


def half_labelled(number: int) -> Batch:
    return Batch(torch.ones(2, 1, 2, 2), torch.tensor([1, -1]))


def test_labelled_images_alone_make_a_step_of_their_own_after_the_generators() -> None:
    """d/dw [3 * w * 2 - w * 5] = 1 lowers the critic's weight to 1.75, with which one image of 5 is then judged."""
    played = taught_game()
    values = played.play(0, half_labelled)
    assert values["discriminator/aux"].item() == pytest.approx(1.75 * 5.0)
    assert list(values)[-1] == "discriminator/aux"


def test_the_averaged_critic_is_asked_first_and_its_answer_is_what_is_played_with() -> None:
    """The average starts at the weight after the first iteration; the second update keeps 2 / 11 of it."""
    played, after = taught_game(), []
    for step in range(3):
        values = played.play(step, half_labelled)
        after.append(played.discriminator.weight.item())
        if step == 0:
            assert values["discriminator/real"].item() == 2.0 * 5.0
    assert isinstance(played.loss, Taught)
    asked, with_gradients = zip(*played.loss.seen, strict=True)
    assert asked == pytest.approx((2.0, after[0], 2 / 11 * after[0] + 9 / 11 * after[1]))
    assert not any(with_gradients)


def test_fine_tuning_moves_the_critic_alone_by_adagrads_first_step() -> None:
    """Adagrad's first step is its learning rate against the gradient's sign."""
    played = taught_game(finetune_steps=1, finetune_lr=0.125)
    values = played.finetune(7, half_labelled)
    assert set(values) == {"discriminator/aux"}
    assert played.discriminator.weight.item() == pytest.approx(2.0 - 0.125)
    assert played.generator.weight.item() == 2.0


def test_a_cosine_schedule_ends_at_nothing() -> None:
    played = GANTrainingStep(
        G(SPEC), D(SPEC), Scripted(), TrainSettings(lr=0.4, steps=4, schedule="cosine"), Runtime.choose("cpu")
    )
    rates = []
    for step in range(4):
        played.play(step, batch_of)
        rates += [played.optimizers["generator"].param_groups[0]["lr"]]
    assert rates == pytest.approx([0.4, 0.4 * (1 + 0.5**0.5) / 2, 0.2, 0.4 * (1 - 0.5**0.5) / 2])


def test_frozen_lets_gradients_through_and_gives_the_weights_back() -> None:
    network = nn.Linear(2, 1)
    network.bias.requires_grad_(False)
    x = torch.ones(1, 2, requires_grad=True)
    with frozen(network):
        network(x).sum().backward()
    assert x.grad is not None
    assert network.weight.grad is None
    assert network.weight.requires_grad
    assert not network.bias.requires_grad

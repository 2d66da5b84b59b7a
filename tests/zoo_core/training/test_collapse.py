"""Games that go wrong with finite numbers."""

import json
from collections.abc import Callable
from typing import Any

import torch
from tiny_gan import TinyGenerator, TinyLoss

from zoo_core import Batch, Fake, StepRandom, Term, Terms, Trainer
from zoo_core.training.stability import SaturationMonitor, detect_mode_collapse

MakeTrainer = Callable[..., Trainer]


class Won(TinyLoss):
    def discriminator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        return {"adv": Term(0 * discriminator(batch.images).validity.mean() + 1e-4)}


def warnings(trainer: Trainer) -> list[tuple[int, str]]:
    lines = trainer.directory.warnings_file.read_text().splitlines()
    return [(line["step"], line["warning"]) for line in map(json.loads, lines)]


def test_a_discriminator_that_has_won_for_long_is_told_once(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(loss=Won(), steps=40)
    trainer.train()
    ((step, message),) = warnings(trainer)
    assert step == 20  # ten lines of the log, two steps apart
    assert message.startswith("The discriminator tells real from made images almost without error")


def test_it_is_told_at_the_same_step_when_the_run_was_interrupted(make_trainer: MakeTrainer) -> None:
    make_trainer(loss=Won(), steps=14).train()
    trainer = make_trainer(loss=Won(), steps=40)
    trainer.train()
    assert [step for step, _ in warnings(trainer)] == [20]


def test_a_game_that_turns_again_is_not_won() -> None:
    watch = SaturationMonitor()
    lines = [0.001] * 9 + [0.5] + [0.001] * 9 + [-0.5] + [0.001] * 9
    assert not any(watch.seen({"discriminator/adv": value}) for value in lines)
    assert watch.seen({"discriminator/adv": 0.001})


def test_a_generator_that_makes_one_image_is_told(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(steps=5)
    generator = trainer.training_step.generator
    assert isinstance(generator, TinyGenerator)
    generator.linear.weight.requires_grad_(False).zero_()
    trainer.train()
    ((step, message),) = warnings(trainer)
    assert step == 5
    assert message.startswith("The generator makes the same image whatever it is given")


def test_a_healthy_run_warns_of_nothing(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    trainer.train()
    assert not trainer.directory.warnings_file.exists()


def test_images_that_differ_are_not_the_same() -> None:
    same = torch.rand(1, 3, 8, 8).expand(4, -1, -1, -1)
    assert detect_mode_collapse(same)
    assert detect_mode_collapse(same + 0.01 * torch.randn(4, 3, 8, 8)) is None

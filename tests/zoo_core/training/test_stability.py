"""What happens to a run whose numbers are not finite, and to one that fails with finite numbers."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss

from zoo_core import Batch, Fake, StepRandom, Term, Terms, Trainer, ZooError
from zoo_core.training.stability import DivergedError, SaturationMonitor, check_finite_state, detect_mode_collapse
from zoo_core.training.training_step import GANTrainingStep

MakeTrainer = Callable[..., Trainer]
INF = float("inf")


class DivergingLoss(TinyLoss):
    """Has a term that is NaN at step 8 while the learning rate factor is above a limit."""

    def __init__(self, limit: float = 0.0) -> None:
        super().__init__()
        self.limit = limit
        self.learning_rate_factor = INF

    def generator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        terms = dict(super().generator_terms(discriminator, batch, fake, random))
        diverges = random.step == 7 and self.learning_rate_factor > self.limit
        return terms | {"odd": Term(fake.images.mean() * (float("nan") if diverges else 1.0))}


class SaturatedLoss(TinyLoss):
    def discriminator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        return {"adv": Term(0 * discriminator(batch.images).validity.mean() + 1e-4)}


def connect(trainer: Trainer, loss: DivergingLoss) -> Trainer:
    """Passes the learning rate factor of the trainer to the loss before every step."""
    train = trainer.training_step.train

    def train_connected(step: int, batches: Any) -> Any:
        loss.learning_rate_factor = trainer.training_step.learning_rate_factor
        return train(step, batches)

    trainer.training_step.train = train_connected  # type: ignore[method-assign]
    return trainer


def read_warnings(trainer: Trainer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trainer.directory.warnings.path.read_text().splitlines()]


def test_a_run_that_diverges_returns_to_a_checkpoint_and_finishes_with_a_lower_rate(make_trainer: MakeTrainer) -> None:
    loss = DivergingLoss(limit=0.3)
    trainer = connect(make_trainer(loss=loss), loss)
    assert trainer.train()["steps"] == 10
    first, second = read_warnings(trainer)
    assert first["step"] == second["step"] == 8
    assert "generator/odd is nan at step 8. Returning to step 5 and continuing with 0.5 times" in first["warning"]
    assert "with 0.25 times the learning rate (retry 2 of 3)" in second["warning"]
    rates = [group["lr"] for optimizer in trainer.training_step.optimizers.values() for group in optimizer.param_groups]
    assert rates == [2e-4 / 4, 2e-4 / 4]
    steps = [line["step"] for line in trainer.directory.metrics.read() if "generator/odd" in line]
    assert steps == [2, 4, 6, 8, 10]


def test_a_run_that_keeps_diverging_stops_and_saves_no_bad_numbers(make_trainer: MakeTrainer) -> None:
    loss = DivergingLoss()
    trainer = connect(make_trainer(loss=loss, retries=2), loss)
    with pytest.raises(ZooError, match=r"generator/odd is nan at step 8\. Stopped after 2 retries.*lower `--lr`"):
        trainer.train()
    paths = trainer.run_logger.checkpoints.list_paths()
    assert [path.name for path in paths] == ["step-00000000", "step-00000005"]
    assert len(read_warnings(trainer)) == 2
    assert "NaN" not in trainer.directory.metrics.path.read_text()


def test_a_run_that_diverges_before_its_first_checkpoint_returns_to_its_start(make_trainer: MakeTrainer) -> None:
    loss = DivergingLoss(limit=0.5)
    trainer = connect(make_trainer(loss=loss, checkpoint_every=10), loss)
    trainer.train()
    assert "Returning to step 0" in read_warnings(trainer)[0]["warning"]


def test_a_run_that_is_killed_after_a_retry_resumes_bit_for_bit(make_trainer: MakeTrainer) -> None:
    """Killed right after its retry, a run diverges and returns to the checkpoint once more."""

    def make(run: str) -> Trainer:
        loss = DivergingLoss(limit=0.5)
        return connect(make_trainer(run, loss=loss), loss)

    def retry_and_die(error: DivergedError) -> None:
        Trainer._retry(killed, error)
        raise KeyboardInterrupt

    killed = make("killed")
    killed._retry = retry_and_die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        killed.train()
    complete, resumed = make("complete"), make("killed")
    complete.train(), resumed.train()
    newest = [run.run_logger.checkpoints.list_paths()[-1] for run in (complete, resumed)]
    expected, weights = (load_file(path / "generator.safetensors") for path in newest)
    assert all(torch.equal(expected[name], weights[name]) for name in expected)
    assert complete.directory.metrics.read() == resumed.directory.metrics.read()
    assert read_warnings(complete) == read_warnings(resumed)


def test_a_reduced_learning_rate_stays_reduced_after_an_interruption(make_trainer: MakeTrainer) -> None:
    loss = DivergingLoss(limit=0.5)
    connect(make_trainer(loss=loss), loss).train()
    extended = make_trainer(steps=12, loss=DivergingLoss(limit=0.5))
    extended.train()
    assert extended.training_step.learning_rate_factor == 0.5


@pytest.mark.parametrize("kind", ["weight", "moment"])
def test_a_weight_or_moment_that_is_not_finite_is_named_before_the_next_line_of_the_log(
    make_trainer: MakeTrainer, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(log_every=3, retries=0)
    train = GANTrainingStep.train

    def train_and_damage(training_step: GANTrainingStep, step: int, batches: Any) -> Any:
        terms = train(training_step, step, batches)
        if step == 3 and kind == "weight":
            assert isinstance(training_step.discriminator, TinyDiscriminator)
            weight = training_step.discriminator.classes[1].get_parameter("weight")
            weight.data[0, 0] = INF  # no term of this loss depends on it
        if step == 3 and kind == "moment":
            next(iter(training_step.optimizers["generator"].state.values()))["exp_avg_sq"][0] = INF
        return terms

    monkeypatch.setattr(GANTrainingStep, "train", train_and_damage)
    name = {
        "weight": r"discriminator's classes\.1\.weight",
        "moment": "the generator optimiser's exp_avg_sq of weight 0",
    }
    with pytest.raises(DivergedError, match=rf"{name[kind]} contains values that are not finite at step [45]"):
        trainer.train()
    assert [path.name for path in trainer.run_logger.checkpoints.list_paths()] == ["step-00000000"]


def test_large_numbers_are_finite() -> None:
    network = torch.nn.Linear(2, 2)
    network.weight.data.fill_(3e38)  # finite, although their norm is not
    check_finite_state(1, {"network": network}, {})


def test_a_saturated_discriminator_is_reported_once(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(loss=SaturatedLoss(), steps=40)
    trainer.train()
    (line,) = read_warnings(trainer)
    assert line["step"] == 20  # ten lines of the log, two steps apart
    assert line["warning"].startswith("The discriminator is saturated: it separates real from generated images almost")


def test_saturation_is_reported_at_the_same_step_after_an_interruption(make_trainer: MakeTrainer) -> None:
    make_trainer(loss=SaturatedLoss(), steps=14).train()
    trainer = make_trainer(loss=SaturatedLoss(), steps=40)
    trainer.train()
    assert [line["step"] for line in read_warnings(trainer)] == [20]


def test_a_discriminator_that_recovers_is_not_saturated() -> None:
    monitor = SaturationMonitor()
    lines = [0.001] * 9 + [0.5] + [0.001] * 9 + [-0.5] + [0.001] * 9
    assert not any(monitor.update({"discriminator/adv": value}) for value in lines)
    assert monitor.update({"discriminator/adv": 0.001})


def test_mode_collapse_is_reported(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(steps=5)
    generator = trainer.training_step.generator
    assert isinstance(generator, TinyGenerator)
    generator.linear.weight.requires_grad_(False).zero_()
    trainer.train()
    (line,) = read_warnings(trainer)
    assert line["step"] == 5
    assert line["warning"].startswith("The generator has collapsed: it generates the same image for every input")


def test_a_healthy_run_has_no_warnings(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer()
    trainer.train()
    assert not trainer.directory.warnings.path.exists()


def test_only_equal_images_count_as_mode_collapse() -> None:
    equal = torch.rand(1, 3, 8, 8).expand(4, -1, -1, -1)
    assert detect_mode_collapse(equal)
    assert detect_mode_collapse(equal + 0.01 * torch.randn(4, 3, 8, 8)) is None

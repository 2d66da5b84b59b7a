"""What happens to a run whose numbers are no longer finite."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyLoss

from zoo_core import Batch, Fake, StepRandom, Term, Terms, Trainer, ZooError
from zoo_core.training.stability import DivergedError, check_finite_state
from zoo_core.training.training_step import GANTrainingStep

MakeTrainer = Callable[..., Trainer]
INF = float("inf")


class Diverging(TinyLoss):
    """A term that is no number at step 8, as long as the learning rate is above a limit."""

    def __init__(self, limit: float = 0.0) -> None:
        super().__init__()
        self.limit = limit
        self.rate = INF

    def generator_terms(self, discriminator: Any, batch: Batch, fake: Fake, random: StepRandom) -> Terms:
        terms = super().generator_terms(discriminator, batch, fake, random)
        bad = random.step == 7 and self.rate > self.limit
        return terms | {"odd": Term(fake.images.mean() * (float("nan") if bad else 1.0))}


def watched(trainer: Trainer, loss: Diverging) -> Trainer:
    """Lets a loss know the learning rate that the game plays with."""
    play = trainer.training_step.play

    def told(step: int, batch_of: Any) -> Any:
        loss.rate = trainer.training_step.learning_rate_factor
        return play(step, batch_of)

    trainer.training_step.play = told  # type: ignore[method-assign]
    return trainer


def warnings(trainer: Trainer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trainer.directory.warnings_file.read_text().splitlines()]


def test_a_run_that_diverges_goes_back_and_ends_well_with_a_lower_rate(make_trainer: MakeTrainer) -> None:
    loss = Diverging(limit=0.3)
    trainer = watched(make_trainer(loss=loss), loss)
    assert trainer.train()["steps"] == 10
    first, second = warnings(trainer)
    assert first["step"] == second["step"] == 8
    assert "generator/odd is nan at step 8. Going back to step 5, from there on with 0.5 times" in first["warning"]
    assert "with 0.25 times the learning rate (retry 2 of 3)" in second["warning"]
    rates = [group["lr"] for optimizer in trainer.training_step.optimizers.values() for group in optimizer.param_groups]
    assert rates == [2e-4 / 4, 2e-4 / 4]
    steps = [line["step"] for line in trainer.directory.metrics.lines() if "generator/odd" in line]
    assert steps == [2, 4, 6, 8, 10]


def test_a_run_that_keeps_diverging_ends_and_saves_nothing_bad(make_trainer: MakeTrainer) -> None:
    loss = Diverging()
    trainer = watched(make_trainer(loss=loss, retries=2), loss)
    with pytest.raises(ZooError, match=r"generator/odd is nan at step 8\. Gave up after 2 retries.*lower `--lr`"):
        trainer.train()
    assert [path.name for path in trainer.run_logger.checkpoints.all()] == ["step-00000000", "step-00000005"]
    assert len(warnings(trainer)) == 2
    assert "NaN" not in trainer.directory.metrics_file.read_text()


def test_a_run_that_diverges_before_its_first_checkpoint_goes_back_to_its_beginning(make_trainer: MakeTrainer) -> None:
    loss = Diverging(limit=0.5)
    trainer = watched(make_trainer(loss=loss, checkpoint_every=10), loss)
    trainer.train()
    assert "Going back to step 0" in warnings(trainer)[0]["warning"]


def test_going_back_survives_being_killed(make_trainer: MakeTrainer) -> None:
    """Killed right after it went back, a run diverges and goes back once more, and is the same bit for bit."""

    def fresh(run: str) -> Trainer:
        loss = Diverging(limit=0.5)
        return watched(make_trainer(run, loss=loss), loss)

    def go_back_and_die(error: DivergedError) -> None:
        Trainer._go_back(killed, error)
        raise KeyboardInterrupt

    killed = fresh("killed")
    killed._go_back = go_back_and_die  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        killed.train()
    whole, resumed = fresh("whole"), fresh("killed")
    whole.train(), resumed.train()
    weights = [load_file(run.run_logger.checkpoints.all()[-1] / "generator.safetensors") for run in (whole, resumed)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert whole.directory.metrics.lines() == resumed.directory.metrics.lines()
    assert warnings(whole) == warnings(resumed)


def test_a_rate_that_was_halved_is_still_halved_after_a_later_interruption(make_trainer: MakeTrainer) -> None:
    loss = Diverging(limit=0.5)
    watched(make_trainer(loss=loss), loss).train()
    longer = make_trainer(steps=12, loss=Diverging(limit=0.5))
    longer.train()
    assert longer.training_step.learning_rate_factor == 0.5


@pytest.mark.parametrize("spoil", ["weight", "moment"])
def test_a_weight_or_moment_that_is_not_finite_is_named_before_the_next_line_of_the_log(
    make_trainer: MakeTrainer, spoil: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make_trainer(log_every=3, retries=0)
    play = GANTrainingStep.play

    def spoilt(training_step: GANTrainingStep, step: int, batch_of: Any) -> Any:
        terms = play(game, step, batch_of)
        if step == 3 and spoil == "weight":
            # a weight that no term of this loss depends on
            training_step.discriminator.classes[1].weight.data[0, 0] = INF  # type: ignore[index, union-attr, operator]
        if step == 3 and spoil == "moment":
            next(iter(training_step.optimizers["generator"].state.values()))["exp_avg_sq"][0] = INF
        return terms

    monkeypatch.setattr(GANTrainingStep, "play", spoilt)
    name = {
        "weight": r"discriminator's classes\.1\.weight",
        "moment": "the generator optimiser's exp_avg_sq of weight 0",
    }
    with pytest.raises(DivergedError, match=rf"{name[spoil]} holds numbers that are not finite at step [45]"):
        trainer.train()
    assert [path.name for path in trainer.run_logger.checkpoints.all()] == ["step-00000000"]


def test_large_numbers_are_finite() -> None:
    network = torch.nn.Linear(2, 2)
    network.weight.data.fill_(3e38)  # the norm of these is not finite, they are
    check_finite_state(1, {"network": network}, {})

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyClassLoss, TinyDiscriminator, TinyGenerator, TinyLoss, images

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from zoo_core import (
    Callback,
    Discriminator,
    Generator,
    ImageSpec,
    StepRandom,
    Trainer,
    TrainingData,
    TrainSettings,
    UsageError,
)
from zoo_core.data.pixels import select_images
from zoo_core.training.compatibility import check_compatibility

MakeTrainer = Callable[..., Trainer]


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    newest = trainer.run_logger.checkpoints.all()[-1]
    return load_file(newest / "generator.safetensors") | load_file(newest / "discriminator.safetensors")


def assert_same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_a_run_leaves_everything_needed_to_understand_it(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    summary = make_trainer().train()
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {
        ".lock",
        "run.json",
        "split.json",
        "metrics.jsonl",
        "summary.json",
        "evaluation-validation-raw.json",
        "samples",
        "checkpoints",
    }
    assert json.loads((run / "summary.json").read_text()) == summary
    assert json.loads((run / "run.json").read_text())["settings"]["train"]["steps"] == 10
    split = json.loads((run / "split.json").read_text())
    assert sorted(split["labelled"] + split["unlabelled"] + split["validation"]) == list(range(40))
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "generator/adv" in line] == [2, 4, 6, 8, 10]
    assert [line["step"] for line in lines if "validation/accuracy" in line] == [5, 10]
    assert [path.name for path in sorted((run / "samples").iterdir())] == ["step-00000005.png", "step-00000010.png"]


def test_the_same_seed_gives_the_same_run_bit_for_bit(make_trainer: MakeTrainer) -> None:
    first, second = make_trainer("a"), make_trainer("b")
    aside = {"run_dir": "", "seconds": 0}
    assert {**first.train(), **aside} == {**second.train(), **aside}
    assert_same(weights(first), weights(second))
    assert first.directory.metrics_file.read_text() == second.directory.metrics_file.read_text()


def test_another_seed_gives_another_run(make_trainer: MakeTrainer) -> None:
    first, second = make_trainer("a"), make_trainer("b", seed=1)
    first.train(), second.train()
    assert first.directory.metrics_file.read_text() != second.directory.metrics_file.read_text()


def test_stopping_and_going_on_gives_the_same_run_bit_for_bit(make_trainer: MakeTrainer) -> None:
    whole, parts = make_trainer("whole"), make_trainer("parts")
    whole.train()

    class PowerCutError(Exception): ...

    def cut(step: int, metrics: Mapping[str, float]) -> None:
        if step == 8:
            raise PowerCutError

    watcher = Callback()
    watcher.metrics_logged = cut  # type: ignore[method-assign]
    parts.run_logger.callbacks = [watcher]
    with pytest.raises(PowerCutError):
        parts.train()
    resumed = make_trainer("parts")
    resumed.train()
    assert_same(weights(whole), weights(resumed))
    assert whole.directory.metrics_file.read_text() == resumed.directory.metrics_file.read_text()


def test_averages_and_the_second_stage_resume_bit_for_bit_too(make_trainer: MakeTrainer) -> None:
    staged = {"loss": TinyClassLoss(), "ema_decay": 0.9, "finetune_steps": 6, "steps": 6, "checkpoint_every": 4}
    whole, parts = make_trainer("whole", **staged), make_trainer("parts", **staged)
    whole.train()
    stopped = make_trainer("parts", **staged)
    stopped.settings = stopped.settings.model_copy(update={"finetune_steps": 2})
    stopped.train()  # up to step 8 of 12, a checkpoint in the midst of the second stage
    parts.train()
    assert_same(weights(whole), weights(parts))
    names = {path.name for path in whole.run_logger.checkpoints.all()[-1].iterdir()}
    assert {"discriminator.average.safetensors", "finetune.optimizer.pt"} <= names


def test_wrong_labels_outside_of_the_budget_change_no_weight(tmp_path: Path) -> None:
    """The poison test: noise in every label that is not granted, and the same weights bit for bit."""
    trained = []
    for name, poison in (("clean", False), ("poisoned", True)):
        some = images()
        data = TrainingData(some, labels=8)
        if poison:
            hidden = torch.tensor([*data.split.unlabelled, *data.split.validation])
            some.labels[hidden] = torch.randint(0, 4, (len(hidden),), generator=torch.Generator().manual_seed(1))
            assert not torch.equal(some.labels, images().labels)
            data = TrainingData(some, split=data.split)
        torch.manual_seed(0)
        networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
        settings = TrainSettings(steps=10, batch_size=8, ema_decay=0.9, finetune_steps=5)
        trainer = Trainer(*networks, TinyClassLoss(), data, settings, tmp_path / name)
        trainer.train()
        trained.append(weights(trainer))
    assert_same(*trained)


@pytest.mark.parametrize("settings", [{"schedule": "cosine"}, {"loss": TinyClassLoss(), "finetune_steps": 2}])
def test_a_run_whose_steps_depend_on_their_number_cannot_be_made_longer(
    make_trainer: MakeTrainer, settings: dict[str, Any]
) -> None:
    make_trainer(steps=4, **settings).train()
    with pytest.raises(UsageError, match=r"train\.steps is 4 there, 8 was asked"):
        make_trainer(steps=8, **settings).train()


def test_a_finished_run_can_be_made_longer(make_trainer: MakeTrainer) -> None:
    make_trainer(steps=5).train()
    longer, whole = make_trainer(steps=10), make_trainer("whole", steps=10)
    assert longer.train()["steps"] == 10
    whole.train()
    assert_same(weights(longer), weights(whole))


def test_a_finished_run_is_left_as_it_is(make_trainer: MakeTrainer) -> None:
    make_trainer().train()
    again = make_trainer()
    before = weights(again)
    assert again.train()["steps"] == 10
    assert_same(before, weights(again))


def test_other_settings_in_the_same_folder_are_refused_field_by_field(make_trainer: MakeTrainer) -> None:
    make_trainer().train()
    with pytest.raises(UsageError, match=r"train\.lr is 0\.0002 there, 0\.5 was asked; train\.seed is 0 there, 3 was"):
        make_trainer(lr=0.5, seed=3).train()


def test_observers_are_told_of_everything_in_order(make_trainer: MakeTrainer) -> None:
    told: list[str] = []

    class Diary(Callback):
        def training_started(self, run: Mapping[str, Any]) -> None:
            told.append(f"started at {run['first_step']} on {run['device']}")

        def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
            told.append(f"{step} {'measured' if 'validation/accuracy' in metrics else 'logged'}")

        def checkpoint_saved(self, step: int, path: Path) -> None:
            assert (path / "state.json").is_file()
            told.append(f"{step} saved")

        def training_finished(self, summary: Mapping[str, Any]) -> None:
            told.append(f"finished at {summary['steps']}")

    trainer = make_trainer(steps=5, log_every=4, device="cpu")
    trainer.run_logger.callbacks = [Diary()]
    trainer.train()
    assert told == ["started at 0 on cpu", "0 saved", "4 logged", "5 logged", "5 measured", "5 saved", "finished at 5"]


def test_only_labels_of_the_budget_can_be_seen() -> None:
    data = TrainingData(images(), labels=8, seed=0)
    outside = torch.tensor([n for n in range(40) if n not in data.split.labelled])
    assert (data.train(outside)[1] == -1).all()


def test_sample_grids_show_every_class_of_a_folder_sorted_by_class(tmp_path: Path) -> None:
    some = images(400)
    data = TrainingData(select_images(some, torch.argsort(some.labels, stable=True)))
    networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
    trainer = Trainer(*networks, TinyLoss(), data, TrainSettings(), tmp_path / "run")
    assert trainer.shown.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_parts_that_do_not_fit_are_refused_in_one_sentence() -> None:
    spec = ImageSpec(3, 32, 32, 2)

    class Dreamer(Generator):
        def sample(self, count: int, random: StepRandom) -> torch.Tensor:
            return random.normal(count, 3, 32, 32)

    with pytest.raises(UsageError, match=r"RecAdvAux asks the generator for inpaint\(\), which Dreamer does not have"):
        check_compatibility(Dreamer(spec), DualHeadPatchGAN(spec, width=4), RecAdvAux(), TrainSettings())


def test_a_loss_that_wants_classes_refuses_a_critic_without_them_unless_the_data_has_none() -> None:
    class Blind(Discriminator):
        """Says nothing of classes."""

    for classes in (0, 2):
        spec = ImageSpec(3, 32, 32, classes)
        parts = MaskedAutoencoder(spec, width=4), Blind(spec), RecAdvAux()
        if classes:
            with pytest.raises(
                UsageError, match=r"RecAdvAux asks the discriminator for classify\(\), which Blind does not"
            ):
                check_compatibility(*parts, TrainSettings())
        else:
            check_compatibility(*parts, TrainSettings())


def test_a_batch_larger_than_the_data_is_refused(make_trainer: MakeTrainer) -> None:
    with pytest.raises(UsageError, match=r"A batch of 50 is larger than the 36 training images"):
        make_trainer(batch_size=50)


def test_unlabelled_data_trains(tmp_path: Path) -> None:
    data = TrainingData(images(classes=0))
    assert data.spec.classes == 0
    trainer = Trainer(
        TinyGenerator(data.spec),
        TinyDiscriminator(data.spec),
        TinyLoss(),
        data,
        TrainSettings(steps=2, batch_size=8),
        tmp_path / "run",
    )
    assert "validation/accuracy" not in trainer.train()

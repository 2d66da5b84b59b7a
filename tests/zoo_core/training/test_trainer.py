import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_gan import TinyClassLoss, TinyDiscriminator, TinyGenerator, TinyLoss, make_dataset

from zoo_core import (
    Callback,
    Trainer,
    TrainingData,
    TrainSettings,
    UsageError,
)
from zoo_core.data.pixels import select_images

MakeTrainer = Callable[..., Trainer]


def load_weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    newest = trainer.run_logger.checkpoints.list_paths()[-1]
    return load_file(newest / "generator.safetensors") | load_file(newest / "discriminator.safetensors")


def assert_same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> None:
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name


def test_a_run_writes_everything_needed_to_understand_it(make_trainer: MakeTrainer, tmp_path: Path) -> None:
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
    description = json.loads((run / "run.json").read_text())
    assert description["format"] == 2
    assert description["settings"]["train"]["steps"] == 10
    split = json.loads((run / "split.json").read_text())
    assert sorted(split["labelled"] + split["unlabelled"] + split["validation"]) == list(range(40))
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "generator/adv" in line] == [2, 4, 6, 8, 10]
    assert [line["step"] for line in lines if "validation/accuracy" in line] == [5, 10]
    assert [path.name for path in sorted((run / "samples").iterdir())] == ["step-00000005.png", "step-00000010.png"]


def test_the_same_seed_gives_the_same_run_bit_for_bit(make_trainer: MakeTrainer) -> None:
    first, second = make_trainer("a"), make_trainer("b")
    ignored = {"run_dir": "", "seconds": 0}
    assert {**first.train(), **ignored} == {**second.train(), **ignored}
    assert_same(load_weights(first), load_weights(second))
    assert first.directory.metrics.path.read_text() == second.directory.metrics.path.read_text()


def test_another_seed_gives_another_run(make_trainer: MakeTrainer) -> None:
    first, second = make_trainer("a"), make_trainer("b", seed=1)
    first.train(), second.train()
    assert first.directory.metrics.path.read_text() != second.directory.metrics.path.read_text()


def test_an_interrupted_run_resumes_bit_for_bit(make_trainer: MakeTrainer) -> None:
    complete, parts = make_trainer("complete"), make_trainer("parts")
    complete.train()

    class PowerCutError(Exception): ...

    class PowerCut(Callback):
        def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
            if step == 8:
                raise PowerCutError

    parts.run_logger.callbacks = [PowerCut()]
    with pytest.raises(PowerCutError):
        parts.train()
    resumed = make_trainer("parts")
    resumed.train()
    assert_same(load_weights(complete), load_weights(resumed))
    assert complete.directory.metrics.path.read_text() == resumed.directory.metrics.path.read_text()


def test_ema_weights_and_the_second_stage_resume_bit_for_bit(make_trainer: MakeTrainer) -> None:
    staged = {"loss": TinyClassLoss(), "ema_decay": 0.9, "finetune_steps": 6, "steps": 6, "checkpoint_every": 4}
    complete, parts = make_trainer("complete", **staged), make_trainer("parts", **staged)
    complete.train()
    stopped = make_trainer("parts", **staged)
    stopped.settings = stopped.settings.model_copy(update={"finetune_steps": 2})
    stopped.train()  # up to step 8 of 12, in the middle of the second stage
    parts.train()
    assert_same(load_weights(complete), load_weights(parts))
    names = {path.name for path in complete.run_logger.checkpoints.list_paths()[-1].iterdir()}
    assert {"discriminator.ema.safetensors", "finetune.optimizer.pt"} <= names


def test_wrong_labels_outside_the_budget_do_not_change_the_weights(tmp_path: Path) -> None:
    """With noise in every label outside the budget, the weights are the same bit for bit."""
    weights = []
    for name, poison in (("clean", False), ("poisoned", True)):
        dataset = make_dataset()
        data = TrainingData(dataset, labels=8)
        if poison:
            hidden = torch.tensor([*data.split.unlabelled, *data.split.validation])
            dataset.labels[hidden] = torch.randint(0, 4, (len(hidden),), generator=torch.Generator().manual_seed(1))
            assert not torch.equal(dataset.labels, make_dataset().labels)
            data = TrainingData(dataset, split=data.split)
        torch.manual_seed(0)
        networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
        settings = TrainSettings(steps=10, batch_size=8, ema_decay=0.9, finetune_steps=5)
        trainer = Trainer(*networks, TinyClassLoss(), data, settings, tmp_path / name)
        trainer.train()
        weights.append(load_weights(trainer))
    assert_same(*weights)


@pytest.mark.parametrize("settings", [{"schedule": "cosine"}, {"loss": TinyClassLoss(), "finetune_steps": 2}])
def test_a_run_whose_steps_depend_on_their_number_cannot_be_extended(
    make_trainer: MakeTrainer, settings: dict[str, Any]
) -> None:
    make_trainer(steps=4, **settings).train()
    with pytest.raises(UsageError, match=r"The run uses train\.steps=4; 8 was requested\."):
        make_trainer(steps=8, **settings).train()


def test_a_finished_run_can_be_extended(make_trainer: MakeTrainer) -> None:
    make_trainer(steps=5).train()
    extended, complete = make_trainer(steps=10), make_trainer("complete", steps=10)
    assert extended.train()["steps"] == 10
    complete.train()
    assert_same(load_weights(extended), load_weights(complete))


def test_a_finished_run_is_not_changed(make_trainer: MakeTrainer) -> None:
    make_trainer().train()
    again = make_trainer()
    before = load_weights(again)
    assert again.train()["steps"] == 10
    assert_same(before, load_weights(again))


def test_other_settings_in_the_same_folder_are_refused_one_by_one(make_trainer: MakeTrainer) -> None:
    make_trainer().train()
    message = r"The run uses train\.lr=0\.0002; 0\.5 was requested\. The run uses train\.seed=0; 3 was requested\."
    with pytest.raises(UsageError, match=message):
        make_trainer(lr=0.5, seed=3).train()


def test_callbacks_are_called_for_every_event_in_order(make_trainer: MakeTrainer) -> None:
    events: list[str] = []

    class Recorder(Callback):
        def training_started(self, run: Mapping[str, Any]) -> None:
            events.append(f"started at {run['first_step']} on {run['device']}")

        def metrics_logged(self, step: int, metrics: Mapping[str, float]) -> None:
            events.append(f"{step} {'evaluated' if 'validation/accuracy' in metrics else 'logged'}")

        def checkpoint_saved(self, step: int, path: Path) -> None:
            assert (path / "state.json").is_file()
            events.append(f"{step} saved")

        def training_finished(self, summary: Mapping[str, Any]) -> None:
            events.append(f"finished at {summary['steps']}")

    trainer = make_trainer(steps=5, log_every=4, device="cpu")
    trainer.run_logger.callbacks = [Recorder()]
    trainer.train()
    logged = ["4 logged", "5 logged", "5 evaluated"]
    assert events == ["started at 0 on cpu", "0 saved", *logged, "5 saved", "finished at 5"]


def test_only_labels_in_the_budget_can_be_read() -> None:
    data = TrainingData(make_dataset(), labels=8, seed=0)
    outside = torch.tensor([n for n in range(40) if n not in data.split.labelled])
    assert (data.read(outside)[1] == -1).all()


def test_each_discriminator_step_has_its_own_batch(make_trainer: MakeTrainer) -> None:
    class ThreeStepLoss(TinyLoss):
        discriminator_steps = 3

    trainer = make_trainer(loss=ThreeStepLoss())
    batches = list(trainer.load_batches(2))
    for batch, number in zip(batches, (6, 7, 8), strict=True):
        assert torch.equal(batch.images, trainer.load_batch(number).images)
    assert not torch.equal(batches[0].images, batches[1].images)


def test_sample_grids_show_every_class_of_a_folder_sorted_by_class(tmp_path: Path) -> None:
    dataset = make_dataset(400)
    data = TrainingData(select_images(dataset, torch.argsort(dataset.labels, stable=True)))
    networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
    trainer = Trainer(*networks, TinyLoss(), data, TrainSettings(), tmp_path / "run")
    assert trainer.sample_images.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_batch_larger_than_the_data_is_refused(make_trainer: MakeTrainer) -> None:
    with pytest.raises(UsageError, match=r"A batch of 50 is larger than the 36 training images"):
        make_trainer(batch_size=50)


def test_unlabelled_data_trains(tmp_path: Path) -> None:
    data = TrainingData(make_dataset(classes=0))
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

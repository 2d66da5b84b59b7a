"""The TensorBoard plugin, read back with TensorBoard's own reader."""

from pathlib import Path
from typing import Any

import pytest
from program import Run

from zoo_core import StepRandom

pytest.importorskip("tensorboard")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_leaves_curves_pictures_and_notes(zoo: Run, empty: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    line = ("train", "ccgan", "--steps", 4, "--width", 4, "--batch-size", 8, "--log-every", 2, "--run-dir", "r")
    assert zoo(*line).returncode == 0
    events = EventAccumulator(str(empty / "r" / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/rec")] == [2, 4]
    assert [event.step for event in events.Scalars("validation/accuracy")] == [4]
    assert [event.step for event in events.Images("samples")] == [4]
    assert "checkpoint/text_summary" in events.Tags()["tensors"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_was_logged_before_a_run_broke_off_is_there(
    zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from ccgan_plugin import RecAdvAux

    generate = RecAdvAux.generate

    def broken_off(self: RecAdvAux, generator: Any, batch: Any, random: StepRandom) -> Any:
        if random.step == 2:
            raise RuntimeError("power cut")
        return generate(self, generator, batch, random)

    monkeypatch.setattr(RecAdvAux, "generate", broken_off)
    line = ("train", "ccgan", "--steps", 4, "--width", 4, "--batch-size", 8, "--log-every", 2, "--run-dir", "r")
    assert "Stopped by RuntimeError: power cut" in zoo(*line).stderr
    events = EventAccumulator(str(empty / "r" / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/rec")] == [2]


def test_a_run_that_may_not_be_logged_is_not(zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard")
    assert zoo("train", "ccgan", "--steps", 1, "--width", 4, "--batch-size", 8, "--run-dir", "r").returncode == 0
    assert not (empty / "r" / "tensorboard").exists()

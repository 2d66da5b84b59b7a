"""The TensorBoard plugin; its files are read with TensorBoard's own reader."""

from pathlib import Path
from typing import Any

import pytest
from program import Run

from zoo_core import StepRandom

pytest.importorskip("tensorboard")
pytestmark = pytest.mark.extra


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_run_logs_curves_sample_grids_and_checkpoints(zoo: Run, empty: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    command = ("train", "ccgan", "--steps", 4, "--width", 4, "--batch-size", 8, "--log-every", 2, "--run-dir", "r")
    assert zoo(*command).returncode == 0
    events = EventAccumulator(str(empty / "r" / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/rec")] == [2, 4]
    assert [event.step for event in events.Scalars("validation/accuracy")] == [4]
    assert [event.step for event in events.Images("samples")] == [4]
    assert "checkpoint/text_summary" in events.Tags()["tensors"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_log_of_a_run_that_stops_with_an_error_is_complete_up_to_there(
    zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    from ccgan_plugin import RecAdvAux

    generate = RecAdvAux.generate

    def generate_until_step_2(self: RecAdvAux, generator: Any, batch: Any, random: StepRandom) -> Any:
        if random.step == 2:
            raise RuntimeError("power cut")
        return generate(self, generator, batch, random)

    monkeypatch.setattr(RecAdvAux, "generate", generate_until_step_2)
    command = ("train", "ccgan", "--steps", 4, "--width", 4, "--batch-size", 8, "--log-every", 2, "--run-dir", "r")
    assert "Stopped by RuntimeError: power cut" in zoo(*command).stderr
    events = EventAccumulator(str(empty / "r" / "tensorboard"))
    events.Reload()
    assert [event.step for event in events.Scalars("generator/rec")] == [2]


def test_nothing_is_logged_if_the_plugin_is_disabled(zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard")
    assert zoo("train", "ccgan", "--steps", 1, "--width", 4, "--batch-size", 8, "--run-dir", "r").returncode == 0
    assert not (empty / "r" / "tensorboard").exists()

"""The TensorBoard plugin, read back with TensorBoard's own reader."""

from pathlib import Path

import pytest
from program import Run

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


def test_a_run_that_may_not_be_logged_is_not(zoo: Run, empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DISABLED_PLUGINS", "tensorboard")
    assert zoo("train", "ccgan", "--steps", 1, "--width", 4, "--batch-size", 8, "--run-dir", "r").returncode == 0
    assert not (empty / "r" / "tensorboard").exists()

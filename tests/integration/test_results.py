"""docs/results.md agrees with the records, and classic in-painting is evaluated like other in-painting."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from zoo_core import ImageSpec


def script(repository: Path, name: str) -> ModuleType:
    """A script of docs/results as a module."""
    spec = importlib.util.spec_from_file_location(name, repository / "docs" / "results" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_agrees_with_the_records(repository: Path) -> None:
    """If this fails: python docs/results/write.py."""
    assert (repository / "docs" / "results.md").read_text(encoding="utf-8") == script(repository, "write").render_page()


def record(name: str, seed: int, accuracy: float) -> dict[str, Any]:
    test = {"raw": {"accuracy": accuracy}}
    return {"name": name, "seed": seed, "steps": 10, "seconds": 60.0, "test": test}


def test_gains_are_computed_from_means(repository: Path) -> None:
    """Baseline 70 and 72: mean 71, deviation 1.41. Method 80: +9 of 29 points of error, 31 %."""
    found = [record("labels-only", 0, 0.70), record("labels-only", 1, 0.72), record("ccgan", 0, 0.80)]
    _, baseline, method = script(repository, "write").summarize_gains(found)
    assert baseline[3] == "71.0 ± 1.4"
    assert (method[5], method[6]) == ("+9.0", "31 %")


def test_longer_runs_are_compared_with_a_baseline_of_the_same_length(repository: Path) -> None:
    long = "labels-only, long"
    found = [record("labels-only", 0, 0.70), record(long, 0, 0.80), record("ccgan", 0, 0.90) | {"baseline": long}]
    _, _, baseline, method = script(repository, "write").summarize_gains(found)
    assert baseline[5] == ""
    assert (method[5], method[6]) == ("+10.0", "50 %")


@pytest.mark.extra
@pytest.mark.filterwarnings("default")
def test_classic_methods_fill_the_hole_and_nothing_else(repository: Path) -> None:
    """On a smooth ramp all of them come within a few grey levels of the truth; the rest stays."""
    pytest.importorskip("cv2")
    classic = script(repository, "classic")
    ramp = torch.linspace(-0.5, 0.5, 32).expand(2, 1, 32, 32)
    masks = torch.zeros(2, 1, 32, 32)
    masks[:, :, 12:20, 12:20] = 1
    for channels in (1, 3):
        x = ramp.expand(2, channels, 32, 32)
        for name, fill in classic.METHODS.items():
            filled = classic.ClassicGenerator(ImageSpec(channels, 32, 32), fill).inpaint(x, masks)
            assert filled.shape == x.shape
            assert (filled - x).abs().max().item() < 0.12, name

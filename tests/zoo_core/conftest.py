from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss, make_dataset

from zoo_core import Loss, Trainer, TrainingData, TrainSettings


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """Builds a trainer of the tiny GAN; keyword arguments are settings."""

    def make(run: str = "run", loss: Loss[Any] | None = None, **settings: Any) -> Trainer:
        values = {"steps": 10, "batch_size": 8, "log_every": 2, "evaluate_every": 5, "checkpoint_every": 5} | settings
        data = TrainingData(make_dataset(), seed=values.get("seed", 0))
        torch.manual_seed(values.get("seed", 0))
        networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
        return Trainer(*networks, loss or TinyLoss(), data, TrainSettings(**values), tmp_path / run)

    return make

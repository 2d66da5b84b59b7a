from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss, images

from zoo_core import Loss, Trainer, TrainingData, TrainSettings


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """Builds a trainer of the tiny GAN; keyword arguments are settings."""

    def make(run: str = "run", loss: Loss[Any] | None = None, **settings: Any) -> Trainer:
        asked = {"steps": 10, "batch_size": 8, "log_every": 2, "evaluate_every": 5, "checkpoint_every": 5} | settings
        data = TrainingData(images(), seed=asked.get("seed", 0))
        torch.manual_seed(asked.get("seed", 0))
        networks = TinyGenerator(data.spec), TinyDiscriminator(data.spec)
        return Trainer(*networks, loss or TinyLoss(), data, TrainSettings(**asked), tmp_path / run)

    return make

import shutil
from pathlib import Path

import pytest
import torch

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux, RecAdvAuxConsistency
from zoo_core import Batch, ImageSpec, TrainSettings, UsageError
from zoo_core.training.compatibility import check_compatibility
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep


def losses(spec: ImageSpec, batch: Batch, *, compiled: bool) -> list[dict[str, float]]:
    settings = TrainSettings(compile=compiled)
    generator, critic = MaskedAutoencoder(spec, width=2, depth=2), DualHeadPatchGAN(spec, width=2, dropout=0.0)
    game = GANTrainingStep(generator, critic, RecAdvAux(w_aux_fake=1.0), settings, Runtime.choose("cpu"))
    return [
        {name: value.item() for name, value in training_step.play(step, lambda _: batch).items()} for step in range(3)
    ]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_compiled_networks_play_the_same_game(
    spec: ImageSpec, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("g++") is None:
        pytest.skip("torch.compile needs a C++ compiler on the CPU")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    played = []
    for compiled in (False, True):
        torch.manual_seed(0)
        played.append(losses(spec, batch, compile=compiled))
    for plain, fused in zip(*played, strict=True):
        assert fused == pytest.approx(plain, abs=1e-4)


def test_a_gradient_penalty_cannot_be_compiled(spec: ImageSpec) -> None:
    parts = MaskedAutoencoder(spec, width=2), DualHeadPatchGAN(spec, width=2)
    loss, settings = RecAdvAuxConsistency(w_r1=1.0, w_rotation=0.0, w_consistency=0.0), TrainSettings(compile=True)
    with pytest.raises(UsageError, match=r"gradient penalty.*train\.compile=false"):
        check_compatibility(*parts, loss, settings)

import shutil
from pathlib import Path

import pytest
import torch

from ccgan_plugin import DualHeadPatchGAN, MaskedAutoencoder, RecAdvAux
from zoo_core import Batch, ImageSpec, TrainSettings, UsageError
from zoo_core.training.compatibility import check_compatibility
from zoo_core.training.device import Runtime
from zoo_core.training.training_step import GANTrainingStep


def train(spec: ImageSpec, batch: Batch, *, compiled: bool) -> list[dict[str, float]]:
    """The terms of three steps."""
    torch.manual_seed(0)
    generator, critic = MaskedAutoencoder(spec, width=2, depth=2), DualHeadPatchGAN(spec, width=2, dropout=0.0)
    loss, settings = RecAdvAux(w_aux_fake=1.0), TrainSettings(compile=compiled)
    training_step = GANTrainingStep(generator, critic, loss, settings, Runtime.choose("cpu"))
    steps = [training_step.train(step, [batch]) for step in range(3)]
    return [{name: value.item() for name, value in terms.items()} for terms in steps]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_compiled_networks_train_alike(
    spec: ImageSpec, batch: Batch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("g++") is None:
        pytest.skip("torch.compile needs a C++ compiler on the CPU")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    expected, compiled = (train(spec, batch, compiled=compiled) for compiled in (False, True))
    for terms, compiled_terms in zip(expected, compiled, strict=True):
        assert compiled_terms == pytest.approx(terms, abs=1e-4)


def test_a_gradient_penalty_cannot_be_compiled(spec: ImageSpec) -> None:
    class PenaltyLoss(RecAdvAux):
        needs_double_backward = True

    networks = MaskedAutoencoder(spec, width=2), DualHeadPatchGAN(spec, width=2)
    with pytest.raises(UsageError, match=r"gradient penalty.*train\.compile=false"):
        check_compatibility(*networks, PenaltyLoss(), TrainSettings(compile=True))

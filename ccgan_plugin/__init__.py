"""CC-GAN: semi-supervised learning with context-conditional GANs (Denton, Gross, Fergus 2016, arXiv 1611.06430)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccgan_plugin.consistency import RecAdvAuxConsistency as RecAdvAuxConsistency
    from ccgan_plugin.critic import DualHeadPatchGAN as DualHeadPatchGAN
    from ccgan_plugin.generator import MaskedAutoencoder as MaskedAutoencoder
    from ccgan_plugin.labels_only import ClassOnly as ClassOnly
    from ccgan_plugin.loss import RecAdvAux as RecAdvAux

_HOMES = {
    "ClassOnly": "labels_only",
    "DualHeadPatchGAN": "critic",
    "MaskedAutoencoder": "generator",
    "RecAdvAux": "loss",
    "RecAdvAuxConsistency": "consistency",
}

__all__ = ["ClassOnly", "DualHeadPatchGAN", "MaskedAutoencoder", "RecAdvAux", "RecAdvAuxConsistency"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'ccgan_plugin' has no attribute '{name}'; it has: {', '.join(__all__)}")
    return getattr(import_module(f"ccgan_plugin.{_HOMES[name]}"), name)

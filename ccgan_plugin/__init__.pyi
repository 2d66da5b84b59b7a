"""The public names of the plugin, each with the module that defines it."""

from .consistency import RecAdvAuxConsistency as RecAdvAuxConsistency
from .critic import DualHeadPatchGAN as DualHeadPatchGAN
from .generator import MaskedAutoencoder as MaskedAutoencoder
from .loss import ClassOnly as ClassOnly
from .loss import RecAdvAux as RecAdvAux

__all__: list[str]

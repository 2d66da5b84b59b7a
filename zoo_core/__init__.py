"""The core of the zoo: what a GAN is, and how one is trained.

Everything a plugin or a script needs is importable from here. Names are imported on first use, so that a plugin can
register itself without waiting for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from registry import Register as Register
    from zoo_core.contract.batch import Batch as Batch
    from zoo_core.contract.batch import ImageSpec as ImageSpec
    from zoo_core.contract.capabilities import Classifier as Classifier
    from zoo_core.contract.capabilities import ClassSampler as ClassSampler
    from zoo_core.contract.capabilities import FeatureExtractor as FeatureExtractor
    from zoo_core.contract.capabilities import HoleMaker as HoleMaker
    from zoo_core.contract.capabilities import Inpainter as Inpainter
    from zoo_core.contract.capabilities import RotationTeller as RotationTeller
    from zoo_core.contract.capabilities import Sampler as Sampler
    from zoo_core.contract.capabilities import SizedHoleMaker as SizedHoleMaker
    from zoo_core.contract.capabilities import Translator as Translator
    from zoo_core.contract.capabilities import composite as composite
    from zoo_core.contract.dataset import DataRequest as DataRequest
    from zoo_core.contract.dataset import ImageSet as ImageSet
    from zoo_core.contract.errors import UsageError as UsageError
    from zoo_core.contract.errors import ZooError as ZooError
    from zoo_core.contract.hookspecs import Observer as Observer
    from zoo_core.contract.hookspecs import hookimpl as hookimpl
    from zoo_core.contract.interfaces import Discriminator as Discriminator
    from zoo_core.contract.interfaces import Fake as Fake
    from zoo_core.contract.interfaces import Generator as Generator
    from zoo_core.contract.interfaces import Logits as Logits
    from zoo_core.contract.interfaces import Loss as Loss
    from zoo_core.contract.interfaces import Term as Term
    from zoo_core.contract.interfaces import Terms as Terms
    from zoo_core.contract.processes import Dropout as Dropout
    from zoo_core.contract.processes import shared_mean as shared_mean
    from zoo_core.contract.randomness import StepRandom as StepRandom
    from zoo_core.contract.recipe import Recipe as Recipe
    from zoo_core.contract.settings import DataSettings as DataSettings
    from zoo_core.contract.settings import TrainSettings as TrainSettings
    from zoo_core.engine.data.sets.digits import digits as digits
    from zoo_core.engine.data.sets.folder import folder as folder
    from zoo_core.engine.data.training_data import TrainingData as TrainingData
    from zoo_core.engine.evaluation import evaluate as evaluate
    from zoo_core.engine.trainer import Trainer as Trainer
    from zoo_core.face.models import load_model as load_model
    from zoo_core.use.holes import box_hole as box_hole
    from zoo_core.use.holes import mask_hole as mask_hole
    from zoo_core.use.holes import transparent_hole as transparent_hole
    from zoo_core.use.inpainting import inpaint as inpaint
    from zoo_core.use.inpainting import inpaint_all as inpaint_all
    from zoo_core.use.model import Model as Model
    from zoo_core.use.pictures import open_picture as open_picture
    from zoo_core.use.pictures import save_picture as save_picture
    from zoo_core.use.prediction import predict as predict

_HOMES = {
    "registry": ("Register",),
    "zoo_core.contract.errors": ("UsageError", "ZooError"),
    "zoo_core.contract.batch": ("Batch", "ImageSpec"),
    "zoo_core.contract.capabilities": (
        "ClassSampler",
        "Classifier",
        "FeatureExtractor",
        "HoleMaker",
        "Inpainter",
        "RotationTeller",
        "Sampler",
        "SizedHoleMaker",
        "Translator",
        "composite",
    ),
    "zoo_core.contract.dataset": ("DataRequest", "ImageSet"),
    "zoo_core.contract.hookspecs": ("Observer", "hookimpl"),
    "zoo_core.contract.interfaces": ("Discriminator", "Fake", "Generator", "Logits", "Loss", "Term", "Terms"),
    "zoo_core.contract.processes": ("Dropout", "shared_mean"),
    "zoo_core.contract.randomness": ("StepRandom",),
    "zoo_core.contract.recipe": ("Recipe",),
    "zoo_core.contract.settings": ("DataSettings", "TrainSettings"),
    "zoo_core.engine.data.sets.digits": ("digits",),
    "zoo_core.engine.data.sets.folder": ("folder",),
    "zoo_core.engine.data.training_data": ("TrainingData",),
    "zoo_core.engine.evaluation": ("evaluate",),
    "zoo_core.engine.trainer": ("Trainer",),
    "zoo_core.face.models": ("load_model",),
    "zoo_core.use.holes": ("box_hole", "mask_hole", "transparent_hole"),
    "zoo_core.use.inpainting": ("inpaint", "inpaint_all"),
    "zoo_core.use.model": ("Model",),
    "zoo_core.use.pictures": ("open_picture", "save_picture"),
    "zoo_core.use.prediction": ("predict",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'zoo_core' has no attribute '{name}'; it has: {', '.join(__all__)}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__

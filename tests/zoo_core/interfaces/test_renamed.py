"""Plugins of plugin API 1 are refused with the new names."""

import pytest
from tiny_gan import TinyDiscriminator, TinyGenerator, TinyLoss

import zoo_core
from zoo_core import Discriminator, Generator, ImageSpec, Loss, TrainSettings, ZooError
from zoo_core.interfaces.renamed import ATTRIBUTES, PUBLIC_NAMES
from zoo_core.training.compatibility import check_compatibility


def test_importing_an_old_name_states_the_new_one() -> None:
    with pytest.raises(ImportError, match=r"In plugin API 2, zoo_core\.HoleMaker was renamed to MaskSampler"):
        from zoo_core import HoleMaker  # type: ignore[attr-defined]  # noqa: F401


@pytest.mark.parametrize("base", [Generator, Discriminator, Loss])
@pytest.mark.parametrize("old", sorted(ATTRIBUTES))
def test_a_class_with_an_old_method_is_refused_with_the_new_name(base: type, old: str) -> None:
    with pytest.raises(ZooError, match=rf"In plugin API 2, Old\.{old} was renamed to {ATTRIBUTES[old]}"):
        type("Old", (base,), {old: True})


def test_every_new_name_exists_and_no_old_one() -> None:
    kinds = [
        Generator,
        Discriminator,
        Loss,
        zoo_core.MaskSampler,
        zoo_core.SizedMaskSampler,
        zoo_core.RotationClassifier,
    ]
    assert set(ATTRIBUTES.values()) <= {name for kind in kinds for name in dir(kind)}
    assert not set(PUBLIC_NAMES) & set(zoo_core.__all__)


def test_an_attribute_that_a_constructor_sets_is_refused_when_training_starts() -> None:
    class Old(TinyLoss):
        def __init__(self) -> None:
            super().__init__()
            self.supervised = True

    spec = ImageSpec(1, 8, 8, 2)
    with pytest.raises(ZooError, match=r"Old\.supervised was renamed to has_supervised_step"):
        check_compatibility(TinyGenerator(spec), TinyDiscriminator(spec), Old(), TrainSettings())


@pytest.mark.parametrize("old", sorted(PUBLIC_NAMES))
def test_every_old_name_is_refused_with_what_became_of_it(old: str) -> None:
    with pytest.raises(ImportError, match=rf"zoo_core\.{old} was {PUBLIC_NAMES[old]}"):
        getattr(zoo_core, old)

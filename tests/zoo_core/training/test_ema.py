import pytest
import torch
from tiny_gan import TinyDiscriminator, TinyGenerator

from zoo_core import ImageSpec
from zoo_core.training.ema import EMA

SPEC = ImageSpec(1, 4, 4, 2)


def test_the_average_matches_the_formula() -> None:
    """The first update copies; update n after it keeps min(decay, (1 + n) / (10 + n)) of the old average."""
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    ema = EMA(generator, discriminator, 0.25)
    weight = generator.linear.weight
    expected = 0.0
    for update in range(6):
        with torch.no_grad():
            weight.fill_(float(update**2))
        ema.update()
        kept = min(0.25, (1 + update) / (10 + update)) if update else 0.0
        expected = kept * expected + (1 - kept) * update**2
        averaged = ema.generator
        assert isinstance(averaged, TinyGenerator)
        assert averaged.linear.weight[0, 0].item() == pytest.approx(expected, rel=1e-5)


def test_the_averaged_networks_are_in_evaluation_mode_and_the_others_keep_theirs() -> None:
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    ema = EMA(generator, discriminator, 0.9)
    assert discriminator.training
    assert not ema.discriminator.training


def test_without_a_decay_no_averages_are_kept() -> None:
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    ema = EMA(generator, discriminator, 0.0)
    ema.update()
    assert ema.networks == {}
    assert ema.weights == "raw"
    assert ema.generator is generator
    assert ema.discriminator is discriminator

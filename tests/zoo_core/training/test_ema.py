import pytest
import torch
from tiny_gan import TinyDiscriminator, TinyGenerator

from zoo_core import ImageSpec
from zoo_core.training.ema import EMA

SPEC = ImageSpec(1, 4, 4, 2)


def test_the_average_follows_the_weights_as_the_formula_says() -> None:
    """The first update copies; update n after it keeps min(decay, (1 + n) / (10 + n)) of the old average."""
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    averages = EMA(generator, discriminator, 0.25)
    weight = generator.linear.weight
    expected = 0.0
    for update in range(6):
        with torch.no_grad():
            weight.fill_(float(update**2))
        averages.update()
        kept = min(0.25, (1 + update) / (10 + update)) if update else 0.0
        expected = kept * expected + (1 - kept) * update**2
        averaged = averages.generator
        assert isinstance(averaged, TinyGenerator)
        assert averaged.linear.weight[0, 0].item() == pytest.approx(expected, rel=1e-5)


def test_averages_judge_in_evaluation_mode_and_without_disturbing_the_networks() -> None:
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    averages = EMA(generator, discriminator, 0.9)
    assert discriminator.training
    assert not averages.discriminator.training


def test_without_a_decay_there_are_no_averages() -> None:
    generator, discriminator = TinyGenerator(SPEC), TinyDiscriminator(SPEC)
    averages = EMA(generator, discriminator, 0.0)
    averages.update()
    assert averages.networks == {}
    assert averages.generator is generator
    assert averages.discriminator is discriminator

import torch

from zoo_core import StepRandom


def test_the_same_moment_draws_the_same_numbers() -> None:
    assert torch.equal(StepRandom(1, 2, "game").uniform(5), StepRandom(1, 2, "game").uniform(5))


def test_seed_step_and_stream_each_change_everything() -> None:
    moments = [(1, 2, "game"), (2, 2, "game"), (1, 3, "game"), (1, 2, "data"), (12, 2, "game"), (1, 22, "game")]
    draws = {StepRandom(*moment).uniform(1).item() for moment in moments}
    assert len(draws) == len(moments)


def test_it_leaves_torchs_own_generator_alone() -> None:
    torch.manual_seed(0)
    before = torch.rand(1)
    torch.manual_seed(0)
    StepRandom(1, 2, "game").normal(10)
    assert torch.equal(torch.rand(1), before)


def test_integers_include_both_ends() -> None:
    assert set(StepRandom(0, 0, "x").integers(-1, 1, 200).tolist()) == {-1, 0, 1}

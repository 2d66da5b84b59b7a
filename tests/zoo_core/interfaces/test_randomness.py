import pytest
import torch

from zoo_core import StepRandom
from zoo_core.interfaces.distributed import RankInfo


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


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_image_meets_the_same_numbers_however_many_processes_share_the_batch(count: int) -> None:
    alone = StepRandom(1, 2, "game")
    whole = [alone.uniform(6, 2), alone.integers(0, 9, 6), alone.normal(6, 1, 3)]
    for rank in range(count):
        mine, own = StepRandom(1, 2, "game", place=RankInfo(rank, count)), slice(rank, None, count)
        drawn = [mine.uniform(6 // count, 2), mine.integers(0, 9, 6 // count), mine.normal(6 // count, 1, 3)]
        assert all(torch.equal(part, everybody[own]) for part, everybody in zip(drawn, whole, strict=True))


def test_what_is_not_of_an_image_is_the_same_in_every_process() -> None:
    draws = [StepRandom(1, 2, "game", place=RankInfo(rank, 2)).permutation(50) for rank in range(2)]
    assert torch.equal(*draws)

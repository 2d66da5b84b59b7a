import pytest
import torch

from zoo_core import StepRandom
from zoo_core.interfaces.distributed import RankInfo


def test_the_same_step_draws_the_same_numbers() -> None:
    assert torch.equal(StepRandom(1, 2, "game").uniform(5), StepRandom(1, 2, "game").uniform(5))


def test_seed_step_and_stream_each_change_the_numbers() -> None:
    arguments = [(1, 2, "game"), (2, 2, "game"), (1, 3, "game"), (1, 2, "data"), (12, 2, "game"), (1, 22, "game")]
    draws = {StepRandom(*argument).uniform(1).item() for argument in arguments}
    assert len(draws) == len(arguments)


def test_the_global_generator_of_torch_is_not_used() -> None:
    torch.manual_seed(0)
    before = torch.rand(1)
    torch.manual_seed(0)
    StepRandom(1, 2, "game").normal(10)
    assert torch.equal(torch.rand(1), before)


def test_integers_include_both_ends() -> None:
    assert set(StepRandom(0, 0, "x").integers(-1, 1, 200).tolist()) == {-1, 0, 1}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_image_gets_the_same_numbers_with_any_number_of_processes(count: int) -> None:
    single = StepRandom(1, 2, "game")
    expected = [single.uniform(6, 2), single.integers(0, 9, 6), single.normal(6, 1, 3)]
    for rank in range(count):
        random = StepRandom(1, 2, "game", rank_info=RankInfo(rank, count))
        local = [random.uniform(6 // count, 2), random.integers(0, 9, 6 // count), random.normal(6 // count, 1, 3)]
        assert all(torch.equal(part, complete[rank::count]) for part, complete in zip(local, expected, strict=True))


def test_a_permutation_is_the_same_in_every_process() -> None:
    draws = [StepRandom(1, 2, "game", rank_info=RankInfo(rank, 2)).permutation(50) for rank in range(2)]
    assert torch.equal(*draws)

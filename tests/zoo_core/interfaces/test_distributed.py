import pytest
import torch
from torch.nn import functional as F

from zoo_core import Dropout, all_reduce_mean
from zoo_core.interfaces import distributed
from zoo_core.interfaces.distributed import SINGLE_PROCESS, RankInfo, get_rank_info


def test_without_torchrun_there_is_a_single_process() -> None:
    assert get_rank_info() == SINGLE_PROCESS == RankInfo(0, 1)
    value = torch.tensor(3.0, requires_grad=True)
    assert all_reduce_mean(value) is value


def test_dropout_in_a_single_process_draws_what_torchs_dropout_draws() -> None:
    features = torch.randn(5, 40)
    torch.manual_seed(7)
    expected = F.dropout(features, 0.3)
    torch.manual_seed(7)
    assert torch.equal(Dropout(0.3)(features), expected)


def test_the_same_features_of_an_image_are_dropped_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    features = torch.randn(6, 40)
    torch.manual_seed(7)
    expected = Dropout(0.5)(features)
    for rank in range(2):
        monkeypatch.setattr(distributed, "get_rank_info", lambda rank=rank: RankInfo(rank, 2))
        torch.manual_seed(7)
        assert torch.equal(Dropout(0.5)(features[rank::2]), expected[rank::2])


def test_nothing_is_dropped_in_evaluation_mode_or_with_a_probability_of_0() -> None:
    features = torch.randn(5, 4)
    assert torch.equal(Dropout(0.5).eval()(features), features)
    assert torch.equal(Dropout(0.0)(features), features)

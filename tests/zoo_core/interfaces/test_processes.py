import pytest
import torch
from torch.nn import functional as F

from zoo_core import Dropout, all_reduce_mean
from zoo_core.interfaces import processes
from zoo_core.interfaces.distributed import SINGLE_PROCESS, RankInfo, rank_info


def test_without_torchrun_a_process_is_alone() -> None:
    assert rank_info() == SINGLE_PROCESS == RankInfo(0, 1)
    value = torch.tensor(3.0, requires_grad=True)
    assert all_reduce_mean(value) is value


def test_alone_it_draws_what_torchs_dropout_draws() -> None:
    features = torch.randn(5, 40)
    torch.manual_seed(7)
    expected = F.dropout(features, 0.3)
    torch.manual_seed(7)
    assert torch.equal(Dropout(0.3)(features), expected)


def test_an_image_loses_the_same_features_in_whichever_process_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    features = torch.randn(6, 40)
    torch.manual_seed(7)
    alone = Dropout(0.5)(features)
    for rank in range(2):
        monkeypatch.setattr(processes, "place", lambda rank=rank: RankInfo(rank, 2))
        torch.manual_seed(7)
        assert torch.equal(Dropout(0.5)(features[rank::2]), alone[rank::2])


def test_nothing_is_left_out_in_evaluation_or_without_a_share() -> None:
    features = torch.randn(5, 4)
    assert torch.equal(Dropout(0.5).eval()(features), features)
    assert torch.equal(Dropout(0.0)(features), features)

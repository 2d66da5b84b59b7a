"""The exchange between two real processes; complete trainings are tested in tests/integration/test_processes.py."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from zoo_core import UsageError
from zoo_core.data.batches import SemiSupervisedBatchSampler, check_group_sizes
from zoo_core.data.split import DataSplit
from zoo_core.interfaces.distributed import RankInfo
from zoo_core.training.process_group import ProcessGroup, bucket_tensors

SCRIPT = """
from pathlib import Path
import torch
from torch import nn
from zoo_core import all_reduce_mean
from zoo_core.training.process_group import ProcessGroup, join_process_group

with join_process_group("cpu"):
    process_group = ProcessGroup.current()
    rank = process_group.rank_info.rank
    strided = torch.full((2, 3, 2, 2), float(rank)).to(memory_format=torch.channels_last)
    process_group.all_reduce_mean([strided, torch.empty(0)])
    assert torch.equal(strided, torch.full((2, 3, 2, 2), 0.5)), strided
    scalars = {"a": torch.tensor(float(rank)), "b": torch.tensor(3.0)}
    assert process_group.all_reduce_scalars(scalars) == {"a": 0.5, "b": 3.0}
    assert process_group.broadcast_object({"rank": rank}) == {"rank": 0}
    assert process_group.any(rank == 1) and not process_group.any(False)
    assert all_reduce_mean(torch.tensor([2.0 * rank])) == torch.tensor([1.0])
    network = nn.BatchNorm2d(3)
    nn.init.constant_(network.weight, rank + 1.0)
    network.running_mean += rank
    process_group.broadcast_parameters({"network": network})
    assert bool((network.weight == 1).all()) and bool((network.running_mean == 0).all())
    network.running_mean += rank
    process_group.all_reduce_buffers({"network": network})
    assert bool((network.running_mean == 0.5).all())
    torch.optim.Adam(network.parameters())
threads = [name.read_text() for name in Path("/proc/self/task").glob("*/comm")]
assert not any("gloo" in name for name in threads), threads
print("rank", rank, "passed")
"""


def test_two_processes_exchange_tensors_and_objects(tmp_path: Path) -> None:
    script = tmp_path / "exchange.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("passed") == 2


def test_a_single_process_exchanges_nothing() -> None:
    process_group, value = ProcessGroup.current(), torch.tensor(2.0)
    process_group.all_reduce_mean([value])
    assert value.item() == 2
    assert process_group.is_main
    assert not process_group.is_distributed
    assert process_group.broadcast_object("x") == "x"
    assert process_group.any(True)


def test_gradients_are_sent_in_buckets_of_limited_size() -> None:
    tensors = [torch.zeros(count) for count in (3, 3, 1, 9, 2)]
    sizes = [[len(tensor) for tensor in bucket] for bucket in bucket_tensors(tensors, size=4 * 7)]
    assert sizes == [[3, 3, 1], [9], [2]]
    assert bucket_tensors([]) == []


def test_all_processes_get_equal_numbers_of_labelled_and_unlabelled_images() -> None:
    split = DataSplit(tuple(range(10)), tuple(range(10, 40)), ())
    sampler = SemiSupervisedBatchSampler(split, batch_size=12, labelled_fraction=1 / 3, seed=0)
    indices = sampler.sample_indices(5)
    for rank in range(2):
        check_group_sizes(sampler, RankInfo(rank, 2))
        local = RankInfo(rank, 2).select_local(indices)
        assert (len(local), int((local < 10).sum())) == (6, 2)
    with pytest.raises(UsageError, match=r"3 processes cannot divide a batch of 12 images \(4 \+ 8\)"):
        check_group_sizes(sampler, RankInfo(0, 3))

"""What processes do together, in two real ones; whole trainings are in tests/integration/test_processes.py."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from zoo_core import UsageError
from zoo_core.data.sampler import SemiSupervisedBatchSampler, check_group_sizes
from zoo_core.data.split import DataSplit
from zoo_core.interfaces.distributed import RankInfo
from zoo_core.training.process_group import ProcessGroup, bucket_tensors

SCRIPT = """
from pathlib import Path
import torch
from torch import nn
from zoo_core import all_reduce_mean
from zoo_core.training.process_group import Ranks, joined

with joined("cpu"):
    ranks = Ranks.here()
    rank = process_group.place.rank
    strided = torch.full((2, 3, 2, 2), float(rank)).to(memory_format=torch.channels_last)
    process_group.all_reduce_mean([strided, torch.empty(0)])
    assert torch.equal(strided, torch.full((2, 3, 2, 2), 0.5)), strided
    assert process_group.mean_scalars({"a": torch.tensor(float(rank)), "b": torch.tensor(3.0)}) == {"a": 0.5, "b": 3.0}
    assert process_group.broadcast_object({"says": rank}) == {"says": 0}
    assert process_group.any(rank == 1) and not process_group.any(False)
    assert all_reduce_mean(torch.tensor([2.0 * rank])) == torch.tensor([1.0])
    network = nn.BatchNorm2d(3)
    nn.init.constant_(network.weight, rank + 1.0)
    network.running_mean += rank
    ranks.broadcast_parameters({"network": network})
    assert bool((network.weight == 1).all()) and bool((network.running_mean == 0).all())
    network.running_mean += rank
    ranks.all_reduce_buffers({"network": network})
    assert bool((network.running_mean == 0.5).all())
    torch.optim.Adam(network.parameters())
left = [name.read_text() for name in Path("/proc/self/task").glob("*/comm")]
assert not any("gloo" in name for name in left), left
print("rank", rank, "is right")
"""


def test_two_processes_agree(tmp_path: Path) -> None:
    script = tmp_path / "together.py"
    script.write_text(SCRIPT)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("is right") == 2


def test_alone_there_is_nothing_to_do() -> None:
    ranks, value = ProcessGroup.current(), torch.tensor(2.0)
    process_group.all_reduce_mean([value])
    assert (
        process_group.is_main,
        process_group.is_distributed,
        process_group.broadcast_object("x"),
        process_group.any(True),
        value.item(),
    ) == (True, False, "x", True, 2)


def test_gradients_are_sent_in_buckets_of_limited_size() -> None:
    tensors = [torch.zeros(count) for count in (3, 3, 1, 9, 2)]
    sizes = [[len(tensor) for tensor in bucket] for bucket in bucket_tensors(tensors, size=4 * 7)]
    assert sizes == [[3, 3, 1], [9], [2]]
    assert bucket_tensors([]) == []


def test_every_process_gets_as_many_images_of_each_sort() -> None:
    split = DataSplit(tuple(range(10)), tuple(range(10, 40)), ())
    order = SemiSupervisedBatchSampler(split, batch_size=12, labelled_fraction=1 / 3, seed=0)
    whole = order.indices(5)
    for rank in range(2):
        check_group_sizes(order, RankInfo(rank, 2))
        share = RankInfo(rank, 2).rows(whole)
        assert (len(share), int((share < 10).sum())) == (6, 2)
    with pytest.raises(UsageError, match=r"3 processes cannot share a batch of 12 images \(4 \+ 8 of each sort\)"):
        check_group_sizes(order, RankInfo(0, 3))

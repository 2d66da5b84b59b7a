import pytest
import torch

from zoo_core import ZooError
from zoo_core.training.device import Runtime, find_accelerator


def test_auto_takes_what_is_there_and_says_why() -> None:
    runtime = Runtime.choose()
    assert runtime.device.type == (find_accelerator() or "cpu")
    assert ("no accelerator is there" in runtime.reason) == (find_accelerator() is None)


def test_the_cpu_can_always_be_asked_for() -> None:
    runtime = Runtime.choose("cpu")
    assert runtime.device == torch.device("cpu")
    assert runtime.dtype == torch.float32
    assert "cpu was asked for" in runtime.reason


@pytest.mark.parametrize("device", [name for name in ("cuda", "mps") if name != find_accelerator()])
def test_a_device_that_is_not_there_is_an_error_with_the_way_out(device: str) -> None:
    with pytest.raises(ZooError, match=rf"'{device}' was asked for.*`--device"):
        Runtime.choose(device)


def test_bf16_runs_networks_in_bf16_and_fp32_leaves_them() -> None:
    layer, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    with Runtime.choose("cpu", "bf16").autocast():
        assert layer(x).dtype == torch.bfloat16
    with Runtime.choose("cpu", "fp32").autocast():
        assert layer(x).dtype == torch.float32

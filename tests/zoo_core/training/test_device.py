import pytest
import torch

from zoo_core import ZooError
from zoo_core.training.device import Runtime, find_accelerator


def test_auto_chooses_an_available_device_and_gives_the_reason() -> None:
    runtime = Runtime.choose()
    assert runtime.device.type == (find_accelerator() or "cpu")
    assert ("no accelerator is available" in runtime.reason) == (find_accelerator() is None)


def test_the_cpu_can_always_be_requested() -> None:
    runtime = Runtime.choose("cpu")
    assert runtime.device == torch.device("cpu")
    assert runtime.dtype == torch.float32
    assert "cpu was requested" in runtime.reason


@pytest.mark.parametrize("device", [name for name in ("cuda", "mps") if name != find_accelerator()])
def test_a_device_that_is_not_available_is_an_error_with_a_fix(device: str) -> None:
    with pytest.raises(ZooError, match=rf"'{device}' was requested.*`--device"):
        Runtime.choose(device)


def test_networks_compute_in_the_requested_precision() -> None:
    layer, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    with Runtime.choose("cpu", "bf16").autocast():
        assert layer(x).dtype == torch.bfloat16
    with Runtime.choose("cpu", "fp32").autocast():
        assert layer(x).dtype == torch.float32

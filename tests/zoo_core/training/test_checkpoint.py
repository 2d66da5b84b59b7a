import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.optim import Adam

from zoo_core import Trainer, ZooError
from zoo_core.training.checkpoint import Checkpoints, State

NEW, OLD = "step-00000020", "step-00000010"


@pytest.fixture
def saved(tmp_path: Path) -> Checkpoints:
    """A network with weights 0, which were 1 when step 10 and 2 when step 20 were saved."""
    network = nn.Linear(2, 2)
    optimizer = Adam(network.parameters())
    checkpoints = Checkpoints(tmp_path, {"network": network}, {"network": optimizer})
    for step, value in ((10, 1.0), (20, 2.0)):
        nn.init.constant_(network.weight, value)
        network(torch.ones(1, 2)).sum().backward()
        optimizer.zero_grad()
        checkpoints.save(State(step), {"recipe": "test"}, keep=3)
    nn.init.zeros_(network.weight)
    return checkpoints


def get_weight(checkpoints: Checkpoints) -> float:
    first: torch.Tensor = next(iter(checkpoints.networks["network"].parameters()))
    return first[0, 0].item()


def test_the_newest_checkpoint_is_restored(saved: Checkpoints) -> None:
    assert saved.load_newest() == (State(20), [])
    assert get_weight(saved) == 2


def test_the_state_file_describes_the_checkpoint(saved: Checkpoints) -> None:
    state = json.loads((saved.folder / NEW / "state.json").read_text())
    assert state["format"] == 2
    assert state["step"] == 20
    assert state["run"] == {"recipe": "test"}
    assert set(state["sha256"]) == {"network.safetensors", "network.optimizer.pt"}


def truncate(folder: Path) -> None:
    file = folder / "network.safetensors"
    file.write_bytes(file.read_bytes()[:-3])


def flip_a_bit(folder: Path) -> None:
    file = folder / "network.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))


def remove_weights(folder: Path) -> None:
    (folder / "network.safetensors").unlink()


def remove_state(folder: Path) -> None:
    (folder / "state.json").unlink()


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, remove_weights, remove_state])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_restored(
    saved: Checkpoints, damage: Callable[[Path], None]
) -> None:
    damage(saved.folder / NEW)
    state, problems = saved.load_newest()
    assert state.step == 10
    assert get_weight(saved) == 1
    assert len(problems) == 1
    assert f"{NEW} cannot be read and was skipped" in problems[0]


def test_loading_fails_if_no_checkpoint_is_intact(saved: Checkpoints) -> None:
    truncate(saved.folder / NEW)
    flip_a_bit(saved.folder / OLD)
    with pytest.raises(ZooError, match=f"(?s)No checkpoint in .* is intact.*{NEW}.*{OLD}"):
        saved.load_newest()


def test_a_partial_checkpoint_is_ignored(saved: Checkpoints) -> None:
    (saved.folder / NEW).rename(saved.folder / f"{NEW}.part")
    assert saved.load_newest()[0].step == 10


@pytest.mark.parametrize(("number", "reader"), [(1, r"gan-zoo 0\.1\.0"), (7, "a newer gan-zoo")])
def test_another_checkpoint_format_is_refused_with_the_version_that_reads_it(
    saved: Checkpoints, number: int, reader: str
) -> None:
    state = saved.folder / NEW / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"format": number}))
    with pytest.raises(ZooError, match=f"has checkpoint format {number}, which {reader} reads; this version reads 2"):
        saved.load(saved.folder / NEW)
    assert get_weight(saved) == 0


def test_loading_never_runs_code(saved: Checkpoints, tmp_path: Path) -> None:
    class Malicious:
        def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
            return os.mkdir, (str(tmp_path / "owned"),)

    file = saved.folder / NEW / "network.optimizer.pt"
    torch.save(Malicious(), file)
    state = saved.folder / NEW / "state.json"
    content = json.loads(state.read_text())
    content["sha256"]["network.optimizer.pt"] = hashlib.sha256(file.read_bytes()).hexdigest()
    state.write_text(json.dumps(content))
    assert saved.load_newest()[0].step == 10
    assert not (tmp_path / "owned").exists()


def test_the_newest_checkpoints_are_kept(saved: Checkpoints) -> None:
    saved.save(State(30), {}, keep=2)
    assert [path.name for path in saved.list_paths()] == [NEW, "step-00000030"]


def test_weights_in_channels_last_are_restored(tmp_path: Path) -> None:
    network = nn.Conv2d(3, 5, 4).to(memory_format=torch.channels_last)
    expected = network.weight.detach().clone()
    checkpoints = Checkpoints(tmp_path, {"network": network})
    checkpoints.save(State(1), {}, keep=1)
    nn.init.zeros_(network.weight)
    checkpoints.load_newest()
    assert torch.equal(network.weight, expected)


def test_the_moments_of_the_optimisers_are_restored(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer()
    trainer.train()
    restored = make_trainer()
    restored.run_logger.checkpoints.load_newest()
    for name, optimizer in trainer.training_step.optimizers.items():
        saved, loaded = optimizer.state_dict()["state"], restored.training_step.optimizers[name].state_dict()["state"]
        assert saved.keys() == loaded.keys()
        assert all(torch.equal(saved[key]["exp_avg"], loaded[key]["exp_avg"]) for key in saved)


def test_the_best_checkpoint_is_kept_beside_the_newest(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, {"network": nn.Linear(1, 1)})
    for step, score in ((1, 0.5), (2, 0.9), (3, 0.7), (4, None), (5, 0.8)):
        checkpoints.save(State(step, score=score), {}, keep=1)
    assert [path.name for path in checkpoints.list_paths()] == ["step-00000002", "step-00000005"]
    assert checkpoints.find_best() == checkpoints.get_path(2)
    checkpoints.save(State(6, score=0.9), {}, keep=1)
    assert [path.name for path in checkpoints.list_paths()] == ["step-00000006"]


def test_a_run_keeps_its_checkpoint_with_the_highest_accuracy(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(steps=40, lr=0.05, keep=1)
    trainer.train()
    lines = trainer.directory.metrics.read()
    accuracy = {line["step"]: line["validation/accuracy"] for line in lines if "validation/accuracy" in line}
    best = max(accuracy, key=lambda step: (accuracy[step], step))
    assert trainer.run_logger.checkpoints.find_best() == trainer.run_logger.checkpoints.get_path(best)


@pytest.mark.parametrize("modules", ["{'network': network}, {}", "{}, {'network': optimizer}"])
def test_a_failed_write_leaves_the_earlier_checkpoints_intact(saved: Checkpoints, modules: str) -> None:
    """A write that really fails: the kernel limits the files of the process to a kilobyte."""
    code = (
        "import resource, sys, torch; from pathlib import Path; from torch import nn; from torch.optim import Adam\n"
        "from zoo_core import ZooError; from zoo_core.training.checkpoint import Checkpoints, State\n"
        "network = nn.Linear(99, 99); optimizer = Adam(network.parameters())\n"
        "network(torch.ones(1, 99)).sum().backward(); optimizer.step()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        f"try: Checkpoints(Path(sys.argv[1]), {modules}).save(State(30), {{}}, 3)\n"
        "except ZooError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(saved.folder)]
    message = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"The checkpoint of step 30 cannot be written to {saved.folder}: " in message
    assert "File too large" in message
    assert f"The one before, {NEW}, is intact." in message
    assert sorted(path.name for path in saved.folder.iterdir()) == [OLD, NEW]
    assert saved.load_newest() == (State(20), [])

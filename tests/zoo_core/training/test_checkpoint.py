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
    """A network saved at step 10 with weights 1 and at step 20 with weights 2; now its weights are 0."""
    network = nn.Linear(2, 2)
    optimizer = Adam(network.parameters())
    checkpoints = Checkpoints(tmp_path, {"network": network}, {"network": optimizer})
    for step, value in ((10, 1.0), (20, 2.0)):
        nn.init.constant_(network.weight, value)
        network(torch.ones(1, 2)).sum().backward()
        optimizer.zero_grad()
        checkpoints.save(State(step), {"who": "test"}, keep=3)
    nn.init.zeros_(network.weight)
    return checkpoints


def weight(checkpoints: Checkpoints) -> float:
    first: torch.Tensor = next(iter(checkpoints.networks["network"].parameters()))
    return first[0, 0].item()


def test_the_newest_is_restored(saved: Checkpoints) -> None:
    assert saved.load_newest() == (State(20), [])
    assert weight(saved) == 2


def test_state_says_what_is_in_it(saved: Checkpoints) -> None:
    state = json.loads((saved.folder / NEW / "state.json").read_text())
    assert state["format"] == 1
    assert state["step"] == 20
    assert state["run"] == {"who": "test"}
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
def test_a_damaged_one_is_named_and_the_one_before_is_restored(
    saved: Checkpoints, damage: Callable[[Path], None]
) -> None:
    damage(saved.folder / NEW)
    state, troubles = saved.load_newest()
    assert state.step == 10
    assert weight(saved) == 1
    assert len(troubles) == 1
    assert NEW in troubles[0]


def test_when_none_is_whole_nothing_is_guessed(saved: Checkpoints) -> None:
    truncate(saved.folder / NEW)
    flip_a_bit(saved.folder / OLD)
    with pytest.raises(ZooError, match=f"(?s)No checkpoint in .* is whole.*{NEW}.*{OLD}"):
        saved.load_newest()


def test_a_half_written_one_is_no_checkpoint(saved: Checkpoints) -> None:
    (saved.folder / NEW).rename(saved.folder / f"{NEW}.part")
    assert saved.load_newest()[0].step == 10


def test_a_checkpoint_of_a_later_format_is_refused_by_number(saved: Checkpoints) -> None:
    state = saved.folder / NEW / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"format": 7}))
    with pytest.raises(ZooError, match="has checkpoint format 7; this version reads 1"):
        saved.load(saved.folder / NEW)


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


def test_the_newest_are_kept(saved: Checkpoints) -> None:
    saved.save(State(30), {}, keep=2)
    assert [path.name for path in saved.all()] == [NEW, "step-00000030"]


def test_weights_keep_their_meaning_in_channels_last(tmp_path: Path) -> None:
    network = nn.Conv2d(3, 5, 4).to(memory_format=torch.channels_last)
    expected = network.weight.detach().clone()
    checkpoints = Checkpoints(tmp_path, {"network": network})
    checkpoints.save(State(1), {}, keep=1)
    nn.init.zeros_(network.weight)
    checkpoints.load_newest()
    assert torch.equal(network.weight, expected)


def test_moments_of_the_optimisers_are_restored(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer()
    trainer.train()
    again = make_trainer()
    again.run_logger.checkpoints.load_newest()
    for name, optimizer in trainer.training_step.optimizers.items():
        then, now = optimizer.state_dict()["state"], again.training_step.optimizers[name].state_dict()["state"]
        assert then.keys() == now.keys()
        assert all(torch.equal(then[key]["exp_avg"], now[key]["exp_avg"]) for key in then)


def test_the_best_by_validation_is_kept_beside_the_newest(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, {"network": nn.Linear(1, 1)})
    for step, score in ((1, 0.5), (2, 0.9), (3, 0.7), (4, None), (5, 0.8)):
        checkpoints.save(State(step, score=score), {}, keep=1)
    assert [path.name for path in checkpoints.all()] == ["step-00000002", "step-00000005"]
    assert checkpoints.best() == checkpoints.path_of(2)
    checkpoints.save(State(6, score=0.9), {}, keep=1)
    assert [path.name for path in checkpoints.all()] == ["step-00000006"]


def test_a_run_keeps_its_best_measured_checkpoint(make_trainer: Callable[..., Trainer]) -> None:
    trainer = make_trainer(steps=40, lr=0.05, keep=1)
    trainer.train()
    measured = {
        line["step"]: line["validation/accuracy"] for line in trainer.directory.metrics.lines() if len(line) > 3
    }
    best = max(measured, key=lambda step: (measured[step], step))
    assert trainer.run_logger.checkpoints.best() == trainer.run_logger.checkpoints.path_of(best)


@pytest.mark.parametrize("what", ["{'network': network}, {}", "{}, {'network': optimizer}"])
def test_what_cannot_be_written_leaves_what_was_there(saved: Checkpoints, what: str) -> None:
    """A real write that fails: the kernel ends files of this process at a kilobyte."""
    code = (
        "import resource, sys, torch; from pathlib import Path; from torch import nn; from torch.optim import Adam\n"
        "from zoo_core import ZooError; from zoo_core.training.checkpoint import Checkpoints, State\n"
        "network = nn.Linear(99, 99); optimizer = Adam(network.parameters())\n"
        "network(torch.ones(1, 99)).sum().backward(); optimizer.step()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        f"try: Checkpoints(Path(sys.argv[1]), {what}).save(State(30), {{}}, 3)\n"
        "except ZooError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, str(saved.folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"The checkpoint of step 30 cannot be written to {saved.folder}: " in said
    assert "File too large" in said
    assert f"{NEW} is whole" in said
    assert sorted(path.name for path in saved.folder.iterdir()) == [OLD, NEW]
    assert saved.load_newest() == (State(20), [])

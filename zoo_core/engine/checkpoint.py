"""Checkpoints: a folder for each, whole or not there at all."""

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from zoo_core.contract.errors import ZooError
from zoo_core.engine.run_directory import read_json

FORMAT = 1
STATE = "state.json"
DAMAGED = (ZooError, OSError, SafetensorError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError)


class Checkpoints:
    """The checkpoints of a run, `step-NNNNNNNN` each.

    Weights lie in safetensors files, optimisers in files that torch reads without running code, and state.json says at
    which step, of which run, and with which sha256 sums.

    Args:
        folder: Where they are.
        networks: Modules to save and restore, by name.
        optimizers: Optimisers to save and restore, by name.
    """

    def __init__(
        self, folder: Path, networks: Mapping[str, nn.Module], optimizers: Mapping[str, Optimizer] | None = None
    ) -> None:
        self.folder = folder
        self.networks = networks
        self.optimizers = optimizers or {}

    def save(self, step: int, run: Mapping[str, Any], keep: int) -> Path:
        """Writes a checkpoint beside, then renames it into place, then removes all but the `keep` newest."""
        target = self.folder / f"step-{step:08d}"
        draft = target.with_name(target.name + ".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, network in self.networks.items():
            save_file(_plain(network), draft / f"{name}.safetensors")
        for name, optimizer in self.optimizers.items():
            torch.save(optimizer.state_dict(), draft / f"{name}.optimizer.pt")
        sums = {path.name: _sha256(path) for path in sorted(draft.iterdir())}
        state = {"format": FORMAT, "step": step, "run": run, "sha256": sums}
        (draft / STATE).write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        for path in draft.iterdir():
            _sync(path)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
        _sync(self.folder)
        for old in self.all()[:-keep]:
            shutil.rmtree(old)
        return target

    def all(self) -> list[Path]:
        """The finished checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != ".part")

    def load_newest(self) -> tuple[int, list[str]]:
        """Restores the newest whole checkpoint.

        Returns:
            Its step (0 where there is no checkpoint), and what was wrong with newer ones.

        Raises:
            ZooError: There are checkpoints, but none is whole.
        """
        troubles: list[str] = []
        for path in reversed(self.all()):
            try:
                return self.load(path), troubles
            except DAMAGED as error:
                troubles.append(f"{path} is damaged and was passed over: {' '.join(str(error).split())[:200]}")
        if troubles:
            raise ZooError(f"No checkpoint in {self.folder} is whole. {' '.join(troubles)}")
        return 0, troubles

    def load(self, path: Path) -> int:
        """Restores one checkpoint after checking every file of it; returns its step.

        Raises:
            ZooError: A file is missing or altered, or the format is unknown. Nothing is restored then.
        """
        state = read_json(path / STATE)
        if state["format"] != FORMAT:
            raise ZooError(f"{path} has checkpoint format {state['format']}; this version reads {FORMAT}.")
        for name, expected in state["sha256"].items():
            if _sha256(path / name) != expected:
                raise ZooError(f"{name} is not what was written.")
        weights = {name: load_file(path / f"{name}.safetensors") for name in self.networks}
        moments = {name: torch.load(path / f"{name}.optimizer.pt", weights_only=True) for name in self.optimizers}
        for name, network in self.networks.items():
            network.load_state_dict(weights[name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(moments[name])
        return int(state["step"])


def _plain(network: nn.Module) -> dict[str, torch.Tensor]:
    """A module's state in plain memory order, nothing shared."""
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Makes sure that a file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

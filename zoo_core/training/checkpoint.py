"""Checkpoints: a folder for each, whole or not there at all."""

import json
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim import Optimizer

from registry import ZooError
from zoo_core.files import DRAFT, read_json, sha256_of, sync

FORMAT = 2
STATE = "state.json"
UNWRITABLE = (OSError, SafetensorError, RuntimeError)
DAMAGED = (ZooError, *UNWRITABLE, ValueError, KeyError, EOFError, pickle.UnpicklingError)


@dataclass(frozen=True)
class State:
    """What a checkpoint says beside its weights.

    Attributes:
        step: Steps done.
        retries: How often the run has gone back after diverging.
        score: What was measured on validation images at this step, the larger the better; None if nothing was.
    """

    step: int = 0
    retries: int = 0
    score: float | None = None


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

    def save(self, state: State, run: Mapping[str, Any], keep: int) -> Path:
        """Writes a checkpoint beside, then renames it into place, then removes all but the `keep` newest and the best.

        Raises:
            ZooError: It cannot be written, as on a full disk. Those from before stay as they are.
        """
        target = self.path_of(state.step)
        draft = target.with_name(target.name + DRAFT)
        try:
            shutil.rmtree(draft, ignore_errors=True)
            self._write(draft, state, run)
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
            sync(self.folder)
        except UNWRITABLE as error:
            shutil.rmtree(draft, ignore_errors=True)
            reason = error.__context__ if isinstance(error.__context__, OSError) else error  # torch hides it
            raise ZooError(
                f"The checkpoint of step {state.step} cannot be written to {self.folder}: {reason}. "
                f"{f'{self.all()[-1].name} is whole' if self.all() else 'There is none from before'}. "
                "Make room and go on with the same command."
            ) from error
        best = self.best()
        for old in self.all()[:-keep]:
            if old != best:
                shutil.rmtree(old)
        return target

    def path_of(self, step: int) -> Path:
        """Where the checkpoint of a step is, if there is one."""
        return self.folder / f"step-{step:08d}"

    def all(self) -> list[Path]:
        """The finished checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != DRAFT)

    def best(self) -> Path | None:
        """The checkpoint with the best score on validation images, the newest of several; None if none has a score."""
        scores = {path: _score(path) for path in self.all()}
        scored = {path: score for path, score in scores.items() if score is not None}
        return max(scored, key=lambda path: (scored[path], path)) if scored else None

    def load_newest(self) -> tuple[State, list[str]]:
        """Restores the newest whole checkpoint.

        Returns:
            Its state (step 0 where there is no checkpoint), and what was wrong with newer ones.

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
        return State(), troubles

    def load(self, path: Path) -> State:
        """Restores one checkpoint after checking every file of it; returns its state.

        Raises:
            ZooError: A file is missing or altered, or the format is unknown. Nothing is restored then.
        """
        content = read_json(path / STATE)
        if content["format"] != FORMAT:
            raise ZooError(f"{path} has checkpoint format {content['format']}; this version reads {FORMAT}.")
        for name, expected in content["sha256"].items():
            if sha256_of(path / name) != expected:
                raise ZooError(f"{name} is not what was written.")
        weights = {name: load_file(path / f"{name}.safetensors") for name in self.networks}
        moments = {name: torch.load(path / f"{name}.optimizer.pt", weights_only=True) for name in self.optimizers}
        for name, network in self.networks.items():
            network.load_state_dict(weights[name])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(moments[name])
        return State(content["step"], content["retries"], content["score"])

    def _write(self, draft: Path, state: State, run: Mapping[str, Any]) -> None:
        draft.mkdir(parents=True)
        for name, network in self.networks.items():
            save_file(contiguous_state_dict(network), draft / f"{name}.safetensors")
        for name, optimizer in self.optimizers.items():
            with open(draft / f"{name}.optimizer.pt", "wb") as file:
                torch.save(optimizer.state_dict(), file)
        sums = {path.name: sha256_of(path) for path in sorted(draft.iterdir())}
        content = {"format": FORMAT, **asdict(state), "run": run, "sha256": sums}
        (draft / STATE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        for path in draft.iterdir():
            sync(path)


def _score(path: Path) -> float | None:
    """The score in a checkpoint's state; None where there is none, or the file is damaged."""
    try:
        score: float | None = read_json(path / STATE).get("score")
    except ZooError:
        return None
    return score


def contiguous_state_dict(network: nn.Module) -> dict[str, torch.Tensor]:
    """A module's state in plain memory order, nothing shared, as safetensors files hold it."""
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }

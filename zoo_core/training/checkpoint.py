"""Checkpoints of a run: each is a folder that is either complete or ignored."""

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
from zoo_core.files import DRAFT_SUFFIX, compute_sha256, read_json, sync

FORMAT = 2
STATE_FILE = "state.json"
WRITE_ERRORS = (OSError, SafetensorError, RuntimeError)
READ_ERRORS = (ZooError, *WRITE_ERRORS, ValueError, KeyError, EOFError, pickle.UnpicklingError)


@dataclass(frozen=True)
class State:
    """The state of a run at a checkpoint, beside weights and optimisers.

    Attributes:
        step: Steps done.
        retries: How often the run has returned to an earlier checkpoint after diverging.
        score: Score on validation images at this step, the higher the better; None if there was no evaluation.
    """

    step: int = 0
    retries: int = 0
    score: float | None = None


class Checkpoints:
    """The checkpoints of a run, a folder `step-NNNNNNNN` for each.

    Weights are stored as safetensors, optimisers in files that torch loads without running code, and the step, the run
    and the SHA-256 checksum of each file in state.json.

    Args:
        folder: Contains the checkpoints.
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
        """Saves a checkpoint, then removes all but the `keep` newest ones and the best one.

        Everything is written to a draft first, which is then renamed.

        Raises:
            ZooError: The checkpoint cannot be written, such as on a full disk; earlier ones stay as they are.
        """
        target = self.get_path(state.step)
        draft = target.with_name(target.name + DRAFT_SUFFIX)
        shutil.rmtree(draft, ignore_errors=True)
        try:
            self._write(draft, state, run)
            shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
            sync(self.folder)
        except WRITE_ERRORS as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise ZooError(self._explain_write_error(state.step, error)) from error
        best = self.find_best()
        for old in self.list_paths()[:-keep]:
            if old != best:
                shutil.rmtree(old)
        return target

    def get_path(self, step: int) -> Path:
        """Where the checkpoint of a step is or would be."""
        return self.folder / f"step-{step:08d}"

    def list_paths(self) -> list[Path]:
        """The complete checkpoints, oldest first."""
        return sorted(path for path in self.folder.glob("step-*") if path.suffix != DRAFT_SUFFIX)

    def find_best(self) -> Path | None:
        """The checkpoint with the highest score, the newest if there are several; None if none has a score."""
        scores = [(score, path) for path in self.list_paths() if (score := _read_score(path)) is not None]
        return max(scores)[1] if scores else None

    def load_newest(self) -> tuple[State, list[str]]:
        """Restores the newest intact checkpoint.

        Returns:
            Its state (step 0 if there is no checkpoint), and a sentence about each newer one that cannot be read.

        Raises:
            ZooError: There are checkpoints, but none can be read.
        """
        problems: list[str] = []
        for path in reversed(self.list_paths()):
            try:
                return self.load(path), problems
            except READ_ERRORS as error:
                problems.append(f"{path} cannot be read and was skipped: {' '.join(str(error).split())[:200]}")
        if problems:
            raise ZooError(f"No checkpoint in {self.folder} is intact. {' '.join(problems)}")
        return State(), problems

    def load(self, path: Path) -> State:
        """Checks every file of a checkpoint, then restores it; returns its state.

        Raises:
            ZooError: A file is missing or was changed, or the format is unknown; nothing is restored then.
        """
        content = read_json(path / STATE_FILE)
        if content["format"] != FORMAT:
            reader = "gan-zoo 0.1.0" if content["format"] == 1 else "a newer gan-zoo"
            raise ZooError(
                f"{path} has checkpoint format {content['format']}, which {reader} reads; this version reads {FORMAT}."
            )
        for name, expected in content["sha256"].items():
            if compute_sha256(path / name) != expected:
                raise ZooError(f"{name} was changed after it was written.")
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
            save_file(copy_state_dict(network), draft / f"{name}.safetensors")
        for name, optimizer in self.optimizers.items():
            with open(draft / f"{name}.optimizer.pt", "wb") as file:
                torch.save(optimizer.state_dict(), file)
        checksums = {path.name: compute_sha256(path) for path in sorted(draft.iterdir())}
        content = {"format": FORMAT, **asdict(state), "run": run, "sha256": checksums}
        (draft / STATE_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        for path in draft.iterdir():
            sync(path)

    def _explain_write_error(self, step: int, error: Exception) -> str:
        reason = error.__context__ if isinstance(error.__context__, OSError) else error  # torch hides it
        existing = self.list_paths()
        earlier = f"The one before, {existing[-1].name}, is intact" if existing else "There is no earlier one"
        return (
            f"The checkpoint of step {step} cannot be written to {self.folder}: {reason}. {earlier}. Make room and "
            "resume with the same command."
        )


def _read_score(path: Path) -> float | None:
    """The score of a checkpoint; None if it has none or its state is damaged."""
    try:
        score: float | None = read_json(path / STATE_FILE).get("score")
    except ZooError:
        return None
    return score


def copy_state_dict(network: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of a module's state on the CPU, in the contiguous memory format that safetensors files need."""
    return {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }

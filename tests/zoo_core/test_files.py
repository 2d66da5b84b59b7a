from pathlib import Path

import pytest

from zoo_core import ZooError
from zoo_core.files import StepLog


def test_rewinding_removes_later_and_incomplete_lines(tmp_path: Path) -> None:
    log = StepLog(tmp_path / "metrics.jsonl")
    for step in (1, 2, 3):
        log.add(step, {"loss": step / 2})
    with open(log.path, "a") as file:
        file.write('{"step": 4, "lo')
    log.rewind(2)
    assert log.path.read_text() == '{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 1.0}\n'


@pytest.mark.parametrize("line", ['{"step": 1,}', "5", '{"loss": 1.0}', "[]"])
def test_a_damaged_log_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(f'{{"step": 1, "loss": 1.0}}\n{line}\n')
    with pytest.raises(ZooError, match=r"metrics\.jsonl cannot be read"):
        StepLog(tmp_path / "metrics.jsonl").read()

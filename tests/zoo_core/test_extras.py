"""A command that needs an extra says how to install it, and writes nothing."""

import sys
from pathlib import Path

import pytest
from program import Run


@pytest.mark.parametrize(
    ("extra", "modules", "command"),
    [
        ("demo", ("gradio",), ("demo", "RUN")),
        ("huggingface", ("datasets",), ("train", "ccgan", "--data", "huggingface", "--data-root", ".")),
        ("onnx", ("onnx", "onnxruntime", "onnxscript"), ("export", "RUN", "export", "--onnx")),
    ],
)
def test_without_its_extra_a_command_says_how_to_install_it(
    extra: str,
    modules: tuple[str, ...],
    command: tuple[str, ...],
    zoo: Run,
    empty: Path,
    small_run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "zoo_core.demo.app", raising=False)
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    done = zoo(*(small_run if word == "RUN" else word for word in command))
    assert done.returncode == 1
    message = f"zoo: Not installed: {', '.join(modules)}. Install the extra with `pip install 'gan-zoo[{extra}]'`.\n"
    assert done.stderr.endswith(message)
    assert list(empty.iterdir()) == []

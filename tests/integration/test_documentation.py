"""What the documents tell a reader to type does what they say."""

import json
import re
import runpy
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from program import Run

DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/method.md",
    "docs/semi-supervised.md",
    "docs/performance.md",
    "docs/scaling.md",
    "docs/plugins.md",
)
LINKED = (*DOCUMENTS, "docs/use.md", "docs/results.md", "docs/reliability.md")


@pytest.fixture(autouse=True)
def without_reports() -> None:
    """The documents speak of reports too."""


def blocks(repository: Path, document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (repository / document).read_text(), re.DOTALL)


def zoo_commands(repository: Path) -> list[str]:
    """All but those of the plugin tutorial, which has a test of its own."""
    lines = [
        line
        for document in DOCUMENTS[:-1]
        for block in blocks(repository, document, "sh")
        for line in block.splitlines()
    ]
    return [line for line in lines if line.startswith("zoo ")]


@pytest.fixture
def photos(empty: Path) -> None:
    """The images that the documents mention."""
    for number in range(80):
        path = empty / "photos" / ("cats", "dogs")[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (70, 70), (3 * number, 0, 0)).save(path)
    shutil.copytree(empty / "photos", empty / "pets")
    Image.new("RGB", (70, 50)).save(empty / "photo.png")


def run_shortened(zoo: Run, commands: list[str]) -> None:
    """Runs commands in their order; trainings are shortened to two small steps."""
    assert commands
    for command in commands:
        short = ("--steps", 2, "--width", 4) if command.startswith(("zoo train", "zoo bench")) else ()
        done = zoo(*shlex.split(command)[1:], *short)
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.usefixtures("photos")
def test_every_zoo_command_in_the_documents_works(zoo: Run, repository: Path) -> None:
    assert zoo("train", "ccgan", "--steps", 2, "--width", 4).returncode == 0  # what the first line of the README leaves
    run_shortened(zoo, [command for command in zoo_commands(repository) if "huggingface" not in command])


@pytest.mark.extra
@pytest.mark.usefixtures("photos")
def test_every_zoo_command_for_hugging_face_datasets_works(zoo: Run, repository: Path) -> None:
    pytest.importorskip("datasets")
    run_shortened(zoo, [command for command in zoo_commands(repository) if "huggingface" in command])


TINY = {
    "compare.py": ("--size", 32, "--batch", 4, "--width", 2, "--rounds", 1, "--threads", 1),
    "threads.py": ("--size", 32, "--batch", 4, "--width", 2, "--rounds", 1),
    "quality.py": ("--data", "digits", "--batch", 20, "--width", 2, "--steps", 2, "--most", 2, "--labels", 10),
    "inference.py": ("--rounds", 1, "--images", 8),
}
LONGER = {"inference.py"}


@pytest.mark.parametrize(
    "script", [pytest.param(name, marks=pytest.mark.slow if name in LONGER else ()) for name in TINY]
)
def test_every_benchmark_in_the_documents_works(
    repository: Path, script: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inside this process, with its own options and then tiny ones, which make its lines alike: one of them is run."""
    lines = [line for block in blocks(repository, "docs/performance.md", "sh") for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith(f"python tests/benchmarks/{script} ")]
    assert len({tuple(word for word in command if word.startswith("--")) for command in commands}) == 1
    monkeypatch.setattr(sys, "argv", [*commands[0][1:], *map(str, TINY[script])])
    threads = torch.get_num_threads()
    try:
        runpy.run_path(str(repository / commands[0][1]), run_name="__main__")
    finally:
        torch.set_num_threads(threads)
    assert "| --- |" in capsys.readouterr().out


@pytest.mark.slow
def test_the_page_on_use_works_from_top_to_bottom(zoo: Run, empty: Path, repository: Path) -> None:
    """Its commands and its Python, in one folder, in their order; the training is shortened to two small steps."""
    parts = re.findall(r"```(sh|python)\n(.*?)```", (repository / "docs" / "use.md").read_text(), re.DOTALL)
    for language, part in parts:
        if language == "python":
            exec(compile(part, "docs/use.md", "exec"), {})
            continue
        for command in part.replace("\\\n", " ").splitlines():
            if command.startswith("zoo demo"):  # goes on until it is stopped; has a test of its own
                continue
            short = ("--steps", 2, "--width", 4) if command.startswith("zoo train") else ()
            done = zoo(*shlex.split(command)[1:], *short)
            assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert len(list(Path("filled", "crops").rglob("*.png"))) == len(list(Path("crops").rglob("*.png")))


def test_the_python_example_is_short_and_trains_the_same_as_the_command(
    zoo: Run, empty: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks(repository, "README.md", "python")
    assert len(example.splitlines()) < 15
    assert "steps=600, lr=1e-3" in example
    exec(compile(example.replace("steps=600", "steps=3"), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    trained = json.loads(zoo("train", "ccgan", "--steps", 3, "--json").stdout)
    measured = json.loads(zoo("evaluate", trained["run_dir"], "--json").stdout)
    assert (empty / "runs/python/metrics.jsonl").read_text() == (
        empty / trained["run_dir"] / "metrics.jsonl"
    ).read_text()
    for name in ("accuracy", "hole_psnr"):
        assert str(measured[name]) in printed


def test_the_two_lines_to_copy_make_their_own_environment(repository: Path) -> None:
    lines = [block.strip() for block in blocks(repository, "README.md", "sh") if "venv" in block]
    assert [line.rpartition("&& ")[2] for line in lines] == ["zoo train ccgan", "pytest"]
    assert all(line.startswith("python3 -m venv .venv && . .venv/bin/activate && pip install ") for line in lines)


@pytest.mark.parametrize("document", LINKED)
def test_links_between_documents_lead_somewhere(repository: Path, document: str) -> None:
    text = (repository / document).read_text()
    for target in re.findall(r'\]\(([^)#]+)\)|src="([^"]+)"', text):
        path = target[0] or target[1]
        if not path.startswith("http"):
            assert ((repository / document).parent / path).exists(), path


def test_the_table_of_faults_is_complete_and_tested(repository: Path) -> None:
    rows = {int(n) for n in re.findall(r"^\| (\d+) \|", (repository / "docs/method.md").read_text(), re.MULTILINE)}
    assert rows == set(range(1, 25))
    names = re.findall(r"def test_((?:\d\d_)+)", (repository / "tests/ccgan_plugin/test_faults.py").read_text())
    tested = {int(number) for name in names for number in name.strip("_").split("_")}
    assert rows - tested == {6}  # that there is no trainer at all is answered by the rest of the suite


def test_behind_every_promise_is_a_test(repository: Path) -> None:
    text = (repository / "docs" / "reliability.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`( \(slow\))?", text)
    assert len(named) == sum(line.startswith("| ") for line in text.splitlines()) - text.count("| promise | test |")
    for file, test, slow in named:
        source = (repository / file).read_text()
        assert f"def {test}(" in source, test
        above = source.split(f"def {test}(")[0].rsplit("\n\n\n", 1)[-1]
        assert ("pytest.mark.slow" in above) == bool(slow), test

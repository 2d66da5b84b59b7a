"""Measures how data of many images are read: start, speed, memory, and the wait for a batch.

Run it with `python tests/benchmarks/large_data.py`, or smaller with `--images 20000 --files 5000 --jpegs 1000`. It
makes its data in a temporary folder (2 GB), reads the training images of each kind (nine tenths of them) once in
training order in a process of its own, and prints a table in Markdown. `--jpeg-archive FILE.tar.gz` takes JPEG files
below `train/` from there in place of drawn ones.

Memory is anonymous memory (RssAnon in /proc/self/status, Linux): what the process holds beside pages of mapped files,
which the system takes back when it needs room.
"""

import argparse
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from zoo_core import DatasetRequest, TrainingData, folder
from zoo_core.data.datasets.huggingface import huggingface
from zoo_core.data.prefetcher import Prefetcher
from zoo_core.data.sampler import SemiSupervisedBatchSampler

BATCH = 64
SIZE = {"table": 16, "files": 16, "jpegs": 32}
DIFFERENT = 10_000  # pictures; more images repeat them
STEP = 0.02  # seconds of a step that leaves the processor free, as one on a GPU does
MARKS = (0.1, 0.5, 1.0)
HEAD = ("data", "start", "s", "images/s", "ms a batch", "wait beside a 20 ms step, ms", "MiB at start", *MARKS)


def encoded(number: int, size: int, kind: str) -> bytes:
    """A smooth picture that is another for every number."""
    small = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC).save(file, kind)
    return file.getvalue()


def make_table(root: Path, count: int) -> None:
    import datasets

    datasets.disable_progress_bars()
    pictures = [encoded(number, 16, "PNG") for number in range(min(DIFFERENT, count))]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(num_classes=10)})

    def rows(total: int) -> Iterator[dict[str, Any]]:
        for number in range(total):
            yield {"image": {"bytes": pictures[number % len(pictures)], "path": None}, "label": number % 10}

    with TemporaryDirectory(dir=root.parent) as scratch:
        made = datasets.Dataset.from_generator(rows, features, cache_dir=scratch, gen_kwargs={"total": count})
        made.save_to_disk(root, num_shards=10)


def make_files(root: Path, count: int) -> None:
    pictures = [encoded(number, 16, "PNG") for number in range(min(DIFFERENT, count))]
    for number in range(count):
        path = root / str(number % 10) / f"{number:07}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures[number % len(pictures)])


def make_jpegs(root: Path, count: int, archive: Path | None) -> None:
    if archive is None:
        for number in range(count):
            path = root / str(number % 10) / f"{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(number, 32, "JPEG"))
        return
    with tarfile.open(archive) as files:
        chosen = [member for member in files if member.name.startswith("train/") and member.name.endswith(".jpg")][
            :count
        ]
        files.extractall(root, chosen, filter="data")


def anonymous_memory() -> int:
    """What this process holds, in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024


def measure(kind: str, root: Path) -> None:
    """Reads every training image once in training order, and prints what that took as JSON."""
    read_set = huggingface if kind == "table" else folder
    began = time.perf_counter()
    data = TrainingData(read_set(DatasetRequest("train", SIZE[kind], root)), labels="all")
    order = SemiSupervisedBatchSampler(data.split, BATCH, 0.5, seed=0)
    memory = [anonymous_memory()]
    started = time.perf_counter()
    batches = len(data.split.labelled or data.split.unlabelled) // BATCH
    marks = [round(mark * batches) for mark in MARKS]
    for number in range(batches):
        data.read(order.sample_indices(number))
        if number + 1 in marks:
            memory.append(anonymous_memory())
    took = time.perf_counter() - started
    wait = waits(lambda number: data.read(order.sample_indices(number)), data.images.decodes_on_read)
    print(json.dumps([started - began, batches * BATCH / took, 1000 * took / batches, wait, *memory]))


def waits(read: Callable[[int], Any], ahead: bool) -> float:
    """The mean wait for a batch in ms, as a trainer waits between steps, over 100 batches."""
    reader = Prefetcher(read) if ahead else read
    waited = 0.0
    for number in range(100):
        began = time.perf_counter()
        reader(number)
        waited += time.perf_counter() - began
        time.sleep(STEP)
    return 10 * waited


def measured(kind: str, root: Path, cache: Path) -> list[float]:
    """What a process of its own measures."""
    command = [sys.executable, __file__, "--measure", kind, str(root)]
    environment = os.environ | {"ZOO_CACHE": str(cache)}
    return list(json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="rows of the table")
    parser.add_argument("--files", type=int, default=100_000, help="PNG files")
    parser.add_argument("--jpegs", type=int, default=20_000, help="JPEG files")
    parser.add_argument("--jpeg-archive", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure[0], Path(asked.measure[1]))
        return
    print("|", " | ".join(f"{name:.0%}" if isinstance(name, float) else name for name in HEAD), "|")
    print("|---" * len(HEAD) + "|")
    with TemporaryDirectory(prefix="large-data-") as place:
        parts = {name: Path(place, name) for name in SIZE}
        make_table(parts["table"], asked.images)
        make_files(parts["files"], asked.files)
        make_jpegs(parts["jpegs"], asked.jpegs, asked.jpeg_archive)
        os.sync()
        for kind, count in zip(SIZE, (asked.images, asked.files, asked.jpegs), strict=True):
            for start in ("first", "second"):
                row = measured(kind, parts[kind], Path(place, "cache"))
                figures = " | ".join(f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in row)
                print(f"| {count:,} {kind} | {start} | {figures} |", flush=True)


if __name__ == "__main__":
    main()

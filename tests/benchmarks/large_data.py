"""Measures how large datasets are read: time to start, speed, memory, and the wait for a batch.

Run it with `python tests/benchmarks/large_data.py`, or with fewer images: `--images 20000 --files 5000 --jpegs 1000`.
It creates the datasets in a temporary folder (2 GB) and reads the training images of each of them, nine tenths of all,
once in training order in a separate process. It prints a Markdown table. `--jpeg-archive FILE.tar.gz` uses the JPEG
files below `train/` in the archive instead of generated ones.

Memory is anonymous memory (RssAnon in /proc/self/status, Linux). It does not include the pages of mapped files, which
the system can free at any time.
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
from timing import format_row

from zoo_core import DatasetRequest, TrainingData, folder
from zoo_core.data.batches import Prefetcher, SemiSupervisedBatchSampler
from zoo_core.data.datasets.huggingface import huggingface

BATCH = 64
SIZE = {"table": 16, "files": 16, "jpegs": 32}
DISTINCT_IMAGES = 10_000  # larger datasets repeat them
STEP_SECONDS = 0.02  # of a step that leaves the CPU free, like a step on a GPU
MEMORY_MARKS = (0.1, 0.5, 1.0)  # fractions of the images
HEADER = ("data", "start", "s", "images/s", "ms per batch", "wait with steps of 20 ms, ms", "MiB at start")


def encode_image(number: int, size: int, image_format: str) -> bytes:
    """Encodes a smooth random image, a different one for each number."""
    small = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(small).resize((size, size), Image.Resampling.BICUBIC).save(file, image_format)
    return file.getvalue()


def write_table(root: Path, count: int) -> None:
    """Writes a Hugging Face dataset of 16x16 PNG images."""
    import datasets

    datasets.disable_progress_bars()
    images = [encode_image(number, 16, "PNG") for number in range(min(DISTINCT_IMAGES, count))]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(num_classes=10)})

    def generate_rows(total: int) -> Iterator[dict[str, Any]]:
        for number in range(total):
            yield {"image": {"bytes": images[number % len(images)], "path": None}, "label": number % 10}

    with TemporaryDirectory(dir=root.parent) as scratch:
        dataset = datasets.Dataset.from_generator(
            generate_rows, features, cache_dir=scratch, gen_kwargs={"total": count}
        )
        dataset.save_to_disk(root, num_shards=10)


def write_png_files(root: Path, count: int) -> None:
    """Writes a folder of 16x16 PNG files."""
    images = [encode_image(number, 16, "PNG") for number in range(min(DISTINCT_IMAGES, count))]
    for number in range(count):
        path = root / str(number % 10) / f"{number:07}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(images[number % len(images)])


def write_jpeg_files(root: Path, count: int, archive: Path | None) -> None:
    """Writes a folder of JPEG files: those of an archive, or generated ones of 32x32."""
    if archive is None:
        for number in range(count):
            path = root / str(number % 10) / f"{number:07}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_image(number, 32, "JPEG"))
        return
    with tarfile.open(archive) as files:
        members = [member for member in files if member.name.startswith("train/") and member.name.endswith(".jpg")]
        files.extractall(root, members[:count], filter="data")


def read_anonymous_memory() -> int:
    """The anonymous memory of this process in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) // 1024


def measure(kind: str, root: Path) -> None:
    """Reads every training image once in training order, and prints the measurements as JSON."""
    read_dataset = huggingface if kind == "table" else folder
    started = time.perf_counter()
    data = TrainingData(read_dataset(DatasetRequest("train", SIZE[kind], root)), labels="all")
    sampler = SemiSupervisedBatchSampler(data.split, BATCH, 0.5, seed=0)
    memory = [read_anonymous_memory()]
    reading_started = time.perf_counter()
    batches = len(data.split.labelled or data.split.unlabelled) // BATCH
    marks = [round(mark * batches) for mark in MEMORY_MARKS]
    for number in range(batches):
        data.read(sampler.sample_indices(number))
        if number + 1 in marks:
            memory.append(read_anonymous_memory())
    seconds = time.perf_counter() - reading_started
    wait = measure_wait(lambda number: data.read(sampler.sample_indices(number)), data.images.decodes_on_read)
    print(json.dumps([reading_started - started, batches * BATCH / seconds, 1000 * seconds / batches, wait, *memory]))


def measure_wait(read: Callable[[int], Any], prefetch: bool) -> float:
    """Measures the mean wait for a batch between training steps, in ms, over 100 batches."""
    reader = Prefetcher(read) if prefetch else read
    seconds = 0.0
    for number in range(100):
        started = time.perf_counter()
        reader(number)
        seconds += time.perf_counter() - started
        time.sleep(STEP_SECONDS)
    return 10 * seconds  # 1000 ms, 100 batches


def measure_in_subprocess(kind: str, root: Path, cache: Path) -> list[float]:
    """Runs `measure` in a separate process and returns its results."""
    command = [sys.executable, __file__, "--measure", kind, str(root)]
    environment = os.environ | {"ZOO_CACHE": str(cache)}
    return list(json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout))


def main() -> None:
    """Writes, reads and measures all datasets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=1_000_000, help="rows of the table")
    parser.add_argument("--files", type=int, default=100_000, help="PNG files")
    parser.add_argument("--jpegs", type=int, default=20_000, help="JPEG files")
    parser.add_argument("--jpeg-archive", type=Path)
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.measure:
        measure(args.measure[0], Path(args.measure[1]))
        return
    header = [*HEADER, *(f"{mark:.0%}" for mark in MEMORY_MARKS)]
    print(format_row(header), format_row(["---"] * len(header)), sep="\n")
    with TemporaryDirectory(prefix="large-data-") as temporary:
        roots = {name: Path(temporary, name) for name in SIZE}
        write_table(roots["table"], args.images)
        write_png_files(roots["files"], args.files)
        write_jpeg_files(roots["jpegs"], args.jpegs, args.jpeg_archive)
        os.sync()
        for kind, count in zip(SIZE, (args.images, args.files, args.jpegs), strict=True):
            for start in ("first", "second"):
                row = measure_in_subprocess(kind, roots[kind], Path(temporary, "cache"))
                figures = [f"{value:,.3g}" if value < 100 else f"{value:,.0f}" for value in row]
                print(format_row([f"{count:,} {kind}", start, *figures]), flush=True)


if __name__ == "__main__":
    main()

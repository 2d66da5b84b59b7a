"""A small Hugging Face dataset in every format in which one can be stored."""

import io
import tarfile
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from PIL import Image

CLASSES = ("cat", "dog")
SPLITS = {"train": range(12), "test": range(12, 16)}


def encode_image(number: int) -> bytes:
    """A PNG file of 20x14 pixels, different for every number."""
    noise = np.random.default_rng(number).integers(0, 256, (14, 20, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def make_table(numbers: range, **columns: list[Any]) -> datasets.Dataset:
    """A table of the images with these numbers, with labels and further columns."""
    features = {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(CLASSES))}
    for name, cells in columns.items():
        features[name] = datasets.Value("string" if isinstance(cells[0], str) else "int64")
    images = [{"bytes": encode_image(number), "path": None} for number in numbers]
    rows = {"image": images, "label": [number % 2 for number in numbers], **columns}
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


def write_arrow(root: Path) -> None:
    tables = {split: make_table(numbers) for split, numbers in SPLITS.items()}
    datasets.DatasetDict(tables).save_to_disk(root)


def write_parquet(root: Path) -> None:
    root.mkdir()
    for split, numbers in SPLITS.items():
        make_table(numbers).to_parquet(str(root / f"{split}-00000-of-00001.parquet"))


def write_tar(root: Path) -> None:
    root.mkdir()
    for split, numbers in SPLITS.items():
        with tarfile.open(root / f"{split}-000.tar", "w") as shard:
            for number in numbers:
                for suffix, content in (("png", encode_image(number)), ("cls", str(number % 2).encode())):
                    member = tarfile.TarInfo(f"{number:03}.{suffix}")
                    member.size = len(content)
                    shard.addfile(member, io.BytesIO(content))


def write_image_files(root: Path) -> None:
    for split, numbers in SPLITS.items():
        for number in numbers:
            path = root / split / CLASSES[number % 2] / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_image(number))


def write_plain_parquet(root: Path) -> None:
    """Writes Parquet files without the metadata of Hugging Face."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    root.mkdir()
    for split, numbers in SPLITS.items():
        images, animals = [encode_image(number) for number in numbers], [CLASSES[number % 2] for number in numbers]
        pq.write_table(pa.table({"jpg": images, "animal": animals}), root / f"{split}.parquet")

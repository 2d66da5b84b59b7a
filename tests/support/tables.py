"""A small data set of Hugging Face's, in each form in which one may lie on a disk."""

import io
import tarfile
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from PIL import Image

NAMES = ("cat", "dog")


def picture(number: int) -> bytes:
    """A PNG of 20x14 pixels, different for every number."""
    noise = np.random.default_rng(number).integers(0, 256, (14, 20, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def table(numbers: range, **more: list[Any]) -> datasets.Dataset:
    features = {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(NAMES))}
    features |= {name: datasets.Value("string" if isinstance(v[0], str) else "int64") for name, v in more.items()}
    cells = [{"bytes": picture(number), "path": None} for number in numbers]
    rows = {"image": cells, "label": [number % 2 for number in numbers], **more}
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


def as_arrow(root: Path) -> None:
    datasets.DatasetDict(train=table(range(12)), test=table(range(12, 16))).save_to_disk(root)


def as_parquet(root: Path) -> None:
    root.mkdir()
    for split, numbers in (("train", range(12)), ("test", range(12, 16))):
        table(numbers).to_parquet(str(root / f"{split}-00000-of-00001.parquet"))


def as_tar(root: Path) -> None:
    root.mkdir()
    for split, numbers in (("train", range(12)), ("test", range(12, 16))):
        with tarfile.open(root / f"{split}-000.tar", "w") as shard:
            for number in numbers:
                for suffix, content in (("png", picture(number)), ("cls", str(number % 2).encode())):
                    member = tarfile.TarInfo(f"{number:03}.{suffix}")
                    member.size = len(content)
                    shard.addfile(member, io.BytesIO(content))


def as_files(root: Path) -> None:
    for split, numbers in (("train", range(12)), ("test", range(12, 16))):
        for number in numbers:
            path = root / split / NAMES[number % 2] / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture(number))


def as_bare_bytes(root: Path) -> None:
    """Parquet by somebody who has never heard of Hugging Face."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    root.mkdir()
    for split, numbers in (("train", range(12)), ("test", range(12, 16))):
        rows = {"jpg": [picture(number) for number in numbers], "animal": [NAMES[number % 2] for number in numbers]}
        pq.write_table(pa.table(rows), root / f"{split}.parquet")

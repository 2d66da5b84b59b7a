import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from program import Run

from zoo_core import DatasetRequest, ImageDataset, ZooError, folder

READ_SCRIPT = """
import sys
from pathlib import Path
from zoo_core import DatasetRequest, folder
from zoo_core.data import cache
read_image = cache.read_image
def record(path, size, channels):
    sys.stdout.write(path.name + "\\n")
    return read_image(path, size, channels)
cache.read_image = record
images = folder(DatasetRequest("train", 64, Path(sys.argv[1])))
print("images:", len(images))
"""


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with ten training images of different grey levels, and one test image."""
    root = tmp_path / "photos"
    for split, count in (("train", 10), ("test", 1)):
        (root / split).mkdir(parents=True)
        for number in range(count):
            Image.new("L", (12, 12), 10 * number).save(root / split / f"{number}.png")
    return root


def get_levels(images: ImageDataset) -> list[int]:
    return images.pixels.read(torch.arange(len(images)))[:, 0, 3, 3].tolist()


def read_levels(root: Path, size: int = 32) -> list[int]:
    return get_levels(folder(DatasetRequest("train", size, root)))


def replace_content(path: Path, content: bytes) -> None:
    """Replaces the content of a file, without changing its size and modification time."""
    before = path.stat()
    assert len(content) <= before.st_size
    path.write_bytes(content.ljust(before.st_size, b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def find_cached(cache_folder: Path, suffix: str) -> Path:
    (path,) = (cache_folder / "images").glob(f"*{suffix}")
    return path


def test_the_second_time_no_image_file_is_read(photos: Path, cache_folder: Path) -> None:
    assert read_levels(photos) == list(range(0, 100, 10))
    for path in (photos / "train").iterdir():
        replace_content(path, b"not an image")
    assert read_levels(photos) == list(range(0, 100, 10))


def test_changed_added_and_removed_files_are_noticed_and_old_pixels_are_replaced(
    photos: Path, cache_folder: Path
) -> None:
    read_levels(photos)
    Image.new("L", (12, 12), 255).save(photos / "train" / "0.png")
    assert read_levels(photos) == [255, *range(10, 100, 10)]
    (photos / "train" / "0.png").unlink()
    assert read_levels(photos) == list(range(10, 100, 10))
    first, second = photos / "train" / "1.png", photos / "train" / "2.png"
    assert first.stat().st_size == second.stat().st_size
    first.write_bytes(second.read_bytes())
    assert read_levels(photos) == [20, *range(20, 100, 10)]
    Image.new("L", (12, 12), 10).save(first)
    Image.new("L", (12, 12), 7).save(photos / "train" / "new.png")
    assert read_levels(photos) == [*range(10, 100, 10), 7]
    assert find_cached(cache_folder, ".pixels").stat().st_size == 10 * 3 * 32 * 32


def test_every_image_size_has_its_own_pixels(photos: Path, cache_folder: Path) -> None:
    assert read_levels(photos, 32) == read_levels(photos, 16) == read_levels(photos, 32)
    assert {path.stat().st_size for path in (cache_folder / "images").glob("*.pixels")} == {7680, 30720}


@pytest.mark.parametrize(
    "damage", ["truncated", "emptied", "missing", "no description", "damaged description", "wrong description"]
)
def test_damaged_files_in_the_cache_are_created_again(photos: Path, cache_folder: Path, damage: str) -> None:
    read_levels(photos)
    pixels, description = find_cached(cache_folder, ".pixels"), find_cached(cache_folder, ".json")
    match damage:
        case "truncated":
            pixels.write_bytes(pixels.read_bytes()[:-1])
        case "emptied":
            pixels.write_bytes(b"")
        case "missing":
            pixels.unlink()
        case "no description":
            description.unlink()
        case "damaged description":
            description.write_text('{"root": ')
        case _:
            description.write_text("[1, 2]")
    assert read_levels(photos) == list(range(0, 100, 10))


def test_an_interrupted_process_leaves_no_pixels_that_are_used(
    photos: Path, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_levels(photos)
    before = find_cached(cache_folder, ".json").read_text()
    times = [path.stat().st_mtime_ns for path in sorted((photos / "train").iterdir())]
    Image.new("L", (12, 12), 255).save(photos / "train" / "0.png")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zoo_core.data.cache.write_json", interrupt)
        with pytest.raises(KeyboardInterrupt):
            read_levels(photos)
    Image.new("L", (12, 12), 0).save(photos / "train" / "0.png")
    os.utime(photos / "train" / "0.png", ns=(times[0], times[0]))
    assert read_levels(photos) == list(range(0, 100, 10))
    assert json.loads(before) == json.loads(find_cached(cache_folder, ".json").read_text())


def test_damaged_image_files_are_reported_again_when_read_from_the_cache(photos: Path, cache_folder: Path) -> None:
    (photos / "train" / "3.png").write_bytes(b"not an image")
    first, second = (folder(DatasetRequest("train", 32, photos)) for _ in range(2))
    assert second.skipped == first.skipped == ["train/3.png (it is damaged, or not an image that Pillow can read)"]
    assert second.notes == first.notes
    assert get_levels(second) == get_levels(first) == [0, 10, 20, *range(40, 100, 10)]
    with pytest.raises(ZooError, match=r"1 of 10 image files in .* cannot be read: train/3.png"):
        folder(DatasetRequest("train", 32, photos), strict=True)


def test_two_simultaneous_processes_decode_once(photos: Path, cache_folder: Path) -> None:
    gradient = Image.radial_gradient("L").resize((1500, 1500))
    for number in range(10):
        gradient.save(photos / "train" / f"{number}.png")
    command = [sys.executable, "-c", READ_SCRIPT, photos]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # type: ignore[arg-type]
    lines = [line for process in processes for line in process.communicate(timeout=60)[0].splitlines()]
    assert sorted(lines) == sorted([*(f"{number}.png" for number in range(10)), "images: 10", "images: 10"])


def test_the_cache_is_memory_mapped_and_images_that_are_read_are_copies(photos: Path, cache_folder: Path) -> None:
    images = folder(DatasetRequest("train", 32, photos))
    images.pixels.read(torch.tensor([0])).fill_(200)
    assert get_levels(images)[0] == 0
    assert str(find_cached(cache_folder, ".pixels")) in Path("/proc/self/maps").read_text()
    cached = np.fromfile(find_cached(cache_folder, ".pixels"), np.uint8).reshape(10, 3, 32, 32)
    assert cached[:, 0, 3, 3].tolist() == get_levels(images)


def test_a_cache_that_cannot_be_written_is_an_error_with_the_fix(
    zoo: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file" / "cache"))
    done = zoo("train", "ccgan", "--data", photos, "--steps", 1)
    assert done.returncode == 1
    assert f"The cache of images in {tmp_path / 'file' / 'cache'} cannot be written" in done.stderr
    assert "environment variable ZOO_CACHE" in done.stderr

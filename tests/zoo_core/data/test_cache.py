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

READ = """
import sys
from pathlib import Path
from zoo_core import DatasetRequest, folder
from zoo_core.data import cache
plain = cache.read_image
def record(path, size, channels):
    sys.stdout.write(path.name + "\\n")
    return plain(path, size, channels)
cache.read_image = record
images = folder(DatasetRequest("train", 64, Path(sys.argv[1])))
print("images:", len(images))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Ten grey pictures, each with a level of its own, as the files of the training split."""
    root = tmp_path / "photos"
    for split, count in (("train", 10), ("test", 1)):
        (root / split).mkdir(parents=True)
        for number in range(count):
            Image.new("L", (12, 12), 10 * number).save(root / split / f"{number}.png")
    return root


def levels(images: ImageDataset) -> list[int]:
    return images.pixels.read(torch.arange(len(images)))[:, 0, 3, 3].tolist()


def read(root: Path, size: int = 32) -> list[int]:
    return levels(folder(DatasetRequest("train", size, root)))


def replace_unnoticed(path: Path, content: bytes) -> None:
    """Gives a file another content of the same size and time."""
    before = path.stat()
    assert len(content) <= before.st_size
    path.write_bytes(content.ljust(before.st_size, b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def kept(place: Path, suffix: str) -> Path:
    (found,) = (place / "images").glob(f"*{suffix}")
    return found


def test_a_second_start_opens_no_image_file(photos: Path, place: Path) -> None:
    assert read(photos) == list(range(0, 100, 10))
    for path in (photos / "train").iterdir():
        replace_unnoticed(path, b"no image")
    assert read(photos) == list(range(0, 100, 10))


def test_a_file_that_changed_came_or_went_is_seen_and_the_old_pixels_go(photos: Path, place: Path) -> None:
    read(photos)
    Image.new("L", (12, 12), 255).save(photos / "train" / "0.png")
    assert read(photos) == [255, *range(10, 100, 10)]
    (photos / "train" / "0.png").unlink()
    assert read(photos) == list(range(10, 100, 10))
    first, second = photos / "train" / "1.png", photos / "train" / "2.png"
    assert first.stat().st_size == second.stat().st_size
    first.write_bytes(second.read_bytes())
    assert read(photos) == [20, *range(20, 100, 10)]
    Image.new("L", (12, 12), 10).save(first)
    Image.new("L", (12, 12), 7).save(photos / "train" / "new.png")
    assert read(photos) == [*range(10, 100, 10), 7]
    assert kept(place, ".pixels").stat().st_size == 10 * 3 * 32 * 32


def test_another_size_has_pixels_of_its_own(photos: Path, place: Path) -> None:
    assert read(photos, 32) == read(photos, 16) == read(photos, 32)
    assert {path.stat().st_size for path in (place / "images").glob("*.pixels")} == {7680, 30720}


@pytest.mark.parametrize("damage", ["cut off", "emptied", "gone", "nothing known", "nonsense known", "list known"])
def test_what_is_damaged_in_the_cache_is_decoded_anew(photos: Path, place: Path, damage: str) -> None:
    read(photos)
    pixels, known = kept(place, ".pixels"), kept(place, ".json")
    match damage:
        case "cut off":
            pixels.write_bytes(pixels.read_bytes()[:-1])
        case "emptied":
            pixels.write_bytes(b"")
        case "gone":
            pixels.unlink()
        case "nothing known":
            known.unlink()
        case "nonsense known":
            known.write_text('{"root": ')
        case _:
            known.write_text("[1, 2]")
    assert read(photos) == list(range(0, 100, 10))


def test_a_process_that_breaks_off_leaves_nothing_that_passes_for_the_images(
    photos: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(photos)
    before = kept(place, ".json").read_text()
    times = [path.stat().st_mtime_ns for path in sorted((photos / "train").iterdir())]
    Image.new("L", (12, 12), 255).save(photos / "train" / "0.png")

    def breaks_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("zoo_core.data.cache.write_json", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            read(photos)
    Image.new("L", (12, 12), 0).save(photos / "train" / "0.png")
    os.utime(photos / "train" / "0.png", ns=(times[0], times[0]))
    assert read(photos) == list(range(0, 100, 10))
    assert json.loads(before) == json.loads(kept(place, ".json").read_text())


def test_damaged_files_are_told_from_the_cache_as_they_were_at_first(photos: Path, place: Path) -> None:
    (photos / "train" / "3.png").write_bytes(b"no image")
    first, again = (folder(DatasetRequest("train", 32, photos)) for _ in range(2))
    assert again.skipped == first.skipped == ["train/3.png (it is damaged, or not an image that Pillow can read)"]
    assert again.remarks == first.remarks
    assert levels(again) == levels(first) == [0, 10, 20, *range(40, 100, 10)]
    with pytest.raises(ZooError, match=r"1 of 10 image files in .* cannot be read: train/3.png"):
        folder(DatasetRequest("train", 32, photos), strict=True)


def test_two_processes_that_start_together_decode_once(photos: Path, place: Path) -> None:
    smooth = Image.radial_gradient("L").resize((1500, 1500))
    for number in range(10):
        smooth.save(photos / "train" / f"{number}.png")
    command = [sys.executable, "-c", READ, photos]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]  # type: ignore[arg-type]
    said = [line for process in both for line in process.communicate(timeout=60)[0].splitlines()]
    assert sorted(said) == sorted([*(f"{number}.png" for number in range(10)), "images: 10", "images: 10"])


def test_pixels_are_mapped_and_what_is_made_of_them_is_not(photos: Path, place: Path) -> None:
    images = folder(DatasetRequest("train", 32, photos))
    some = images.pixels.read(torch.tensor([0]))
    some.fill_(200)
    assert levels(images)[0] == 0
    assert str(kept(place, ".pixels")) in Path("/proc/self/maps").read_text()
    assert np.fromfile(kept(place, ".pixels"), np.uint8).reshape(10, 3, 32, 32)[:, 0, 3, 3].tolist() == levels(images)


def test_a_place_that_cannot_be_written_is_named_with_the_fix(
    zoo: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file" / "cache"))
    done = zoo("train", "ccgan", "--data", photos, "--steps", 1)
    assert done.returncode == 1
    assert f"The cache of images in {tmp_path / 'file' / 'cache'} cannot be written" in done.stderr
    assert "environment variable ZOO_CACHE" in done.stderr

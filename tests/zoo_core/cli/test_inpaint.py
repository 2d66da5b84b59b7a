"""`zoo inpaint` as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import Run

from zoo_core import inpaint, load_model, make_box_mask, open_image


def photo(path: Path, size: tuple[int, int] = (90, 60)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_files_and_folders_are_filled_and_never_collide(zoo: Run, empty: Path, small_run: Path) -> None:
    for name in ("album/a.jpg", "album/a.png", "album/sub/a.png", "b.webp"):
        photo(empty / name)
    (empty / "album/notes.txt").touch()
    done = zoo("inpaint", small_run, "album", "b.webp", "--output", "out", "--box", "10,5,20,30", "--sheet")
    assert done.returncode == 0, done.stderr
    made = {str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()}
    names = {"a.jpg.png", "a.png.png", "sub/a.png.png", "b.webp.png"}
    assert made == names | {f"{name.removesuffix('.png')}.sheet.png" for name in names}
    for line in done.stdout.splitlines():
        assert "a hole of 20x30 pixels at 10,5, filled from 60x60 pixels around it, brought to 32x32" in line
    before, after = (np.asarray(Image.open(path).convert("RGB")) for path in ("album/a.png", "out/a.png.png"))
    changed = (before != after).any(2)
    assert changed[5:35, 10:30].mean() > 0.9
    changed[5:35, 10:30] = False
    assert not changed.any()


def test_from_python_it_is_the_same_picture(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "a.png")
    assert zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "10,5,20,30").returncode == 0
    picture = open_image("a.png")
    filled = inpaint(load_model(small_run), picture, make_box_mask(picture, (10, 5, 20, 30)))
    assert np.array_equal(np.asarray(filled.picture), np.asarray(Image.open("out/a.png.png")))


def test_the_hole_may_be_a_mask_a_transparent_region_or_random(zoo: Run, empty: Path, small_run: Path) -> None:
    clear = Image.open(photo(empty / "a.png")).convert("RGBA")
    mask = Image.new("L", clear.size)
    mask.paste(255, (30, 20, 50, 40))
    mask.save("mask.png")
    clear.putalpha(mask.point(lambda value: 255 - value))
    clear.save("clear.png")
    assert zoo("inpaint", small_run, "a.png", "--output", "masked", "--mask", "mask.png").returncode == 0
    assert zoo("inpaint", small_run, "clear.png", "--output", "cleared").returncode == 0
    masked, cleared = Image.open("masked/a.png.png"), Image.open("cleared/clear.png.png")
    assert cleared.getextrema()[3] == (255, 255)
    assert np.array_equal(np.asarray(masked), np.asarray(cleared.convert("RGB")))
    for number, seed in enumerate((1, 1, 2)):
        assert zoo("inpaint", small_run, "a.png", "--output", f"{number}", "--random", "--seed", seed).returncode == 0
    first, again, other = (Path(f"{number}/a.png.png").read_bytes() for number in range(3))
    assert first == again != other


def test_what_exists_is_not_replaced_unless_asked(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "a.png")
    first = ("inpaint", small_run, "a.png", "--output", "out", "--box", "0,0,9,9")
    assert zoo(*first).returncode == 0
    before = Path("out/a.png.png").read_bytes()
    done = zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "5,5,9,9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "out/a.png.png exists. Write `--overwrite` to replace" in done.stderr
    assert Path("out/a.png.png").read_bytes() == before
    assert zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "5,5,9,9", "--overwrite").returncode == 0
    assert Path("out/a.png.png").read_bytes() != before


def test_one_that_cannot_be_filled_is_named_and_the_others_are_done(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "in/a.png")
    photo(empty / "in/small.png", (8, 8))
    photo(empty / "in/z.png")
    (empty / "in/broken.png").write_bytes(b"\x89PNG")
    done = zoo("inpaint", small_run, "in", "--output", "out", "--box", "10,10,8,8", "--json")
    assert done.returncode == 1
    results = {Path(result["input"]).name: result for result in json.loads(done.stdout)}
    assert list(results) == ["a.png", "broken.png", "small.png", "z.png"]
    assert results["a.png"]["error"] is None
    assert Path(results["a.png"]["output"]).is_file()
    assert "it is damaged, or no image" in results["broken.png"]["error"]
    assert "does not lie in a picture of 8x8 pixels" in results["small.png"]["error"]
    assert len(done.stderr.splitlines()) == 2
    made = [Path("out", name).read_bytes() for name in ("a.png.png", "z.png.png")]
    assert made[0] == made[1]
    assert len(list(Path("out").iterdir())) == 2


MISTAKES = {
    "no such file": (["no.png", "--random"], "There is no file or folder no.png"),
    "empty folder": (["void", "--random"], "There are no image files in void"),
    "no box": (["a.png", "--box", "1,2,3"], "'1,2,3' is no box. Write `--box X,Y,WIDTH,HEIGHT`"),
    "two ways": (["a.png", "--box", "1,2,3,4", "--random"], "Write one of them"),
    "same name twice": (["a.png", "other/a.png", "--random"], "would both be written to out/a.png.png"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_nothing_is_written(zoo: Run, empty: Path, small_run: Path, mistake: str) -> None:
    arguments, words = MISTAKES[mistake]
    photo(empty / "a.png")
    photo(empty / "other/a.png")
    (empty / "void").mkdir()
    done = zoo("inpaint", small_run, *arguments, "--output", "out")
    assert done.returncode == 2
    assert words in done.stderr
    assert not Path("out").exists()


def test_a_picture_without_a_hole_says_how_to_make_one(zoo: Run, empty: Path, small_run: Path) -> None:
    photo(empty / "a.png")
    done = zoo("inpaint", small_run, "a.png", "--output", "out")
    assert done.returncode == 1
    assert "a.png: No part of this picture of 90x60 pixels is transparent" in done.stderr
    assert "--mask FILE" in done.stderr

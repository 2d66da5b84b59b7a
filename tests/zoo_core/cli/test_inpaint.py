"""`zoo inpaint` as a user types it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from program import Run

from zoo_core import inpaint, load_model, make_box_mask, open_image


def write_photo(path: Path, size: tuple[int, int] = (90, 60)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_files_and_folders_are_filled_without_collisions(zoo: Run, empty: Path, small_run: Path) -> None:
    for name in ("album/a.jpg", "album/a.png", "album/sub/a.png", "b.webp"):
        write_photo(empty / name)
    (empty / "album/notes.txt").touch()
    done = zoo("inpaint", small_run, "album", "b.webp", "--output", "out", "--box", "10,5,20,30", "--sheet")
    assert done.returncode == 0, done.stderr
    written = {str(path.relative_to("out")) for path in Path("out").rglob("*") if path.is_file()}
    names = {"a.jpg.png", "a.png.png", "sub/a.png.png", "b.webp.png"}
    assert written == names | {f"{name.removesuffix('.png')}.sheet.png" for name in names}
    for line in done.stdout.splitlines():
        assert "a hole of 20x30 pixels at 10,5, filled from 60x60 pixels around it, resized to 32x32" in line
    before, after = (np.asarray(Image.open(path).convert("RGB")) for path in ("album/a.png", "out/a.png.png"))
    changed = (before != after).any(2)
    assert changed[5:35, 10:30].mean() > 0.9
    changed[5:35, 10:30] = False
    assert not changed.any()


def test_python_gives_the_same_image(zoo: Run, empty: Path, small_run: Path) -> None:
    write_photo(empty / "a.png")
    assert zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "10,5,20,30").returncode == 0
    image = open_image("a.png")
    result = inpaint(load_model(small_run), image, make_box_mask(image, (10, 5, 20, 30)))
    assert np.array_equal(np.asarray(result.image), np.asarray(Image.open("out/a.png.png")))


def test_the_hole_can_be_a_mask_file_transparent_or_random(zoo: Run, empty: Path, small_run: Path) -> None:
    clear = Image.open(write_photo(empty / "a.png")).convert("RGBA")
    mask = Image.new("L", clear.size)
    mask.paste(255, (30, 20, 50, 40))
    mask.save("mask.png")
    clear.putalpha(mask.point(lambda value: 255 - value))
    clear.save("clear.png")
    assert zoo("inpaint", small_run, "a.png", "--output", "masked", "--mask", "mask.png").returncode == 0
    assert zoo("inpaint", small_run, "clear.png", "--output", "cleared").returncode == 0
    masked, cleared = Image.open("masked/a.png.png"), Image.open("cleared/clear.png.png")
    assert cleared.getchannel("A").getextrema() == (255, 255)
    assert np.array_equal(np.asarray(masked), np.asarray(cleared.convert("RGB")))
    for number, seed in enumerate((1, 1, 2)):
        assert zoo("inpaint", small_run, "a.png", "--output", f"{number}", "--random", "--seed", seed).returncode == 0
    first, again, other = (Path(f"{number}/a.png.png").read_bytes() for number in range(3))
    assert first == again != other


def test_existing_files_are_only_replaced_on_request(zoo: Run, empty: Path, small_run: Path) -> None:
    write_photo(empty / "a.png")
    command = ("inpaint", small_run, "a.png", "--output", "out", "--box", "0,0,9,9")
    assert zoo(*command).returncode == 0
    before = Path("out/a.png.png").read_bytes()
    done = zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "5,5,9,9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "out/a.png.png exists. Write `--overwrite` to replace" in done.stderr
    assert Path("out/a.png.png").read_bytes() == before
    assert zoo("inpaint", small_run, "a.png", "--output", "out", "--box", "5,5,9,9", "--overwrite").returncode == 0
    assert Path("out/a.png.png").read_bytes() != before


def test_the_rest_is_filled_if_one_image_cannot_be_filled(zoo: Run, empty: Path, small_run: Path) -> None:
    write_photo(empty / "in/a.png")
    write_photo(empty / "in/small.png", (8, 8))
    write_photo(empty / "in/z.png")
    (empty / "in/broken.png").write_bytes(b"\x89PNG")
    done = zoo("inpaint", small_run, "in", "--output", "out", "--box", "10,10,8,8", "--json")
    assert done.returncode == 1
    results = {Path(result["input"]).name: result for result in json.loads(done.stdout)}
    assert list(results) == ["a.png", "broken.png", "small.png", "z.png"]
    assert results["a.png"]["error"] is None
    assert Path(results["a.png"]["output"]).is_file()
    assert "it is damaged, or not an image" in results["broken.png"]["error"]
    assert "is not inside an image of 8x8 pixels" in results["small.png"]["error"]
    assert len(done.stderr.splitlines()) == 2
    filled = [Path("out", name).read_bytes() for name in ("a.png.png", "z.png.png")]
    assert filled[0] == filled[1]
    assert len(list(Path("out").iterdir())) == 2


MISTAKES = {
    "no such file": (["no.png", "--random"], "The file or folder no.png does not exist."),
    "empty folder": (["no-images", "--random"], "The folder no-images has no image files"),
    "no box": (["a.png", "--box", "1,2,3"], "'1,2,3' is not a box. Write `--box X,Y,WIDTH,HEIGHT`"),
    "two ways": (["a.png", "--box", "1,2,3,4", "--random"], "Use only one of them"),
    "same name twice": (["a.png", "other/a.png", "--random"], "would both be written to out/a.png.png"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_nothing_is_written(zoo: Run, empty: Path, small_run: Path, mistake: str) -> None:
    arguments, message = MISTAKES[mistake]
    write_photo(empty / "a.png")
    write_photo(empty / "other/a.png")
    (empty / "no-images").mkdir()
    done = zoo("inpaint", small_run, *arguments, "--output", "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert not Path("out").exists()


def test_the_error_for_an_image_without_a_hole_names_the_options(zoo: Run, empty: Path, small_run: Path) -> None:
    write_photo(empty / "a.png")
    done = zoo("inpaint", small_run, "a.png", "--output", "out")
    assert done.returncode == 1
    assert "a.png: This image of 90x60 pixels has no transparent pixels" in done.stderr
    assert "--mask FILE" in done.stderr

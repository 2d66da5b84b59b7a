import json
from pathlib import Path

import pytest

from zoo_core import ZooError
from zoo_core.data.split import read_label_list


def test_numbers_between_white_space(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("3 1\n 4\t15\n")
    assert read_label_list(tmp_path / "list.txt") == (3, 1, 4, 15)


def test_the_labelled_images_of_another_runs_split(tmp_path: Path) -> None:
    (tmp_path / "split.json").write_text(json.dumps({"labelled": [2, 7], "unlabelled": [1], "validation": [0]}))
    assert read_label_list(tmp_path / "split.json") == (2, 7)


@pytest.mark.parametrize("text", ["one two", "{", "{}", '{"labelled": 3}'])
def test_anything_else_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.txt").write_text(text)
    with pytest.raises(ZooError, match=r"list.txt does not list positions.*--labels N"):
        read_label_list(tmp_path / "list.txt")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"The file .*nowhere.*--labels N"):
        read_label_list(tmp_path / "nowhere")

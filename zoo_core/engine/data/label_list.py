"""Which images keep their label, given as a file."""

import json
from pathlib import Path

from zoo_core.contract.errors import ZooError

HOW = "Write `--labels N`, `--labels all`, or name a file that lists positions, such as the split.json of a run."


def read_label_list(path: Path) -> tuple[int, ...]:
    """Positions in the training images, from 0, whose labels may be seen.

    Args:
        path: A text file of whole numbers between white space, or the split.json of a run, whose "labelled" is taken.

    Raises:
        ZooError: There is no such file, or it holds something else.
    """
    if not path.is_file():
        raise ZooError(f"There is no file {path}. {HOW}")
    try:
        text = path.read_text(encoding="utf-8")
        numbers = json.loads(text)["labelled"] if text.lstrip().startswith("{") else text.split()
        return tuple(int(number) for number in numbers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ZooError(f"{path} lists no positions of images: {' '.join(str(error).split())[:100]}. {HOW}") from error

"""Opens what Hugging Face's `datasets` can read from a folder, as tables that are mapped from disk."""

import logging
import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

from zoo_core.contract.errors import ZooError
from zoo_core.engine.data.cache_folder import cache_folder, writing_cache
from zoo_core.engine.files import DRAFT

SAVED = ("dataset_dict.json", "state.json")  # what `save_to_disk` leaves for several splits, and for one


def read_tables(root: Path) -> dict[str, Any]:
    """The tables (`datasets.Dataset`) of a folder, by split; a single one is called train.

    What `save_to_disk` wrote is mapped as it lies. Parquet files, tar shards and folders of images are first written as
    Arrow into the cache, again where a file has changed; images in folders stay where they are.

    Raises:
        ZooError: There is no such folder, it holds nothing that can be read, or the cache cannot be written.
    """
    if not root.is_dir():
        raise ZooError(f"There is no folder {root}. Name another one, or fetch a data set into it with `--download`.")
    library = _library()
    try:
        if any((root / name).is_file() for name in SAVED):
            read = library.load_from_disk(str(root))
        else:
            read = _prepared(library, root)
    except (library.exceptions.DatasetsError, OSError, ValueError) as error:
        raise ZooError(
            f"{root} cannot be read as a data set: {_reason(error)}. Name a folder that `save_to_disk` wrote, or one "
            "of Parquet files, of tar shards (WebDataset), or of images."
        ) from error
    return dict(read) if isinstance(read, dict) else {"train": read}


def fetch(repository: str | None, root: Path) -> None:
    """Fetches a data set on the Hub into a folder, unless there is something in it already.

    What was fetched in part lies beside the folder, and is completed next time.

    Raises:
        ZooError: No repository is named, or it cannot be fetched.
    """
    if repository is None:
        raise ZooError("What should be fetched? Name a data set on the Hub with `-o data.repository=USER/NAME`.")
    if root.is_dir() and any(root.iterdir()):
        return
    _library()
    from huggingface_hub import dataset_info, snapshot_download

    draft = root.with_name(root.name + DRAFT)
    try:
        revision = dataset_info(repository).sha
        place = cache_folder() / "huggingface" / "hub"
        snapshot_download(repository, repo_type="dataset", revision=revision, local_dir=draft, cache_dir=place)
        draft.replace(root)
    except Exception as error:  # the Hub's client has errors of three libraries
        raise ZooError(f"The data set {repository} cannot be fetched from the Hub: {_reason(error)}.") from error


def _library() -> Any:
    """Hugging Face's `datasets`, silent, and kept from telling anybody what is read."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_XET_CACHE", str(cache_folder() / "huggingface" / "xet"))
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(logging.CRITICAL)
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    return datasets


def _prepared(library: Any, root: Path) -> Any:
    """The tables of files in a folder, in the cache; those that were made when its files were others go."""
    place = cache_folder() / "huggingface" / sha256(str(root.resolve()).encode()).hexdigest()[:32]
    with writing_cache():
        place.mkdir(parents=True, exist_ok=True)
    read = library.load_dataset(str(root.absolute()), cache_dir=str(place))
    (kept,) = {Path(file["filename"]).parent for table in read.values() for file in table.cache_files}
    for other in kept.parent.iterdir():
        if other.is_dir() and other != kept:
            shutil.rmtree(other)
    return read


def _reason(error: BaseException) -> str:
    return " ".join(str(error.__cause__ or error).split())[:200].rstrip(".")

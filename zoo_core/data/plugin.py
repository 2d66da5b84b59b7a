"""The built-in datasets, registered like those of any plugin."""

from zoo_core import Register, hookimpl

DATASETS = "zoo_core.data.datasets"


@hookimpl
def register_components(register: Register) -> None:
    """Registers scikit-learn's digits, datasets of torchvision and Hugging Face, and folders of images."""
    register.dataset(
        "digits", f"{DATASETS}.digits:digits", "1,797 handwritten digits, 8x8 grey, bundled with scikit-learn."
    )
    register.dataset(
        "folder", f"{DATASETS}.folder:folder", "Your own images: a sub-folder for each class, or unlabelled."
    )
    register.dataset(
        "huggingface",
        f"{DATASETS}.huggingface:huggingface",
        "Datasets of Hugging Face of any size: Arrow, Parquet, WebDataset or folders of images.",
    )
    sets = f"{DATASETS}.torchvision_datasets"
    register.dataset("mnist", f"{sets}:mnist", "60,000 + 10,000 handwritten digits, 28x28 grey, 10 classes.")
    register.dataset(
        "fashion-mnist", f"{sets}:fashion_mnist", "60,000 + 10,000 pictures of clothes, 28x28 grey, 10 classes."
    )
    register.dataset("cifar10", f"{sets}:cifar10", "50,000 + 10,000 photos, 32x32 colour, 10 classes.")
    register.dataset("cifar100", f"{sets}:cifar100", "50,000 + 10,000 photos, 32x32 colour, 100 classes.")
    register.dataset("svhn", f"{sets}:svhn", "73,257 + 26,032 house numbers, 32x32 colour, 10 classes.")
    register.dataset(
        "stl10",
        "zoo_core.data.datasets.stl10:stl10",
        "5,000 labelled and 100,000 unlabelled photos, 96x96 colour, 10 classes.",
    )

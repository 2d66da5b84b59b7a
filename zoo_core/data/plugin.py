"""The built-in datasets, registered like those of any plugin."""

from zoo_core import Register, hookimpl

DATASETS = {
    "digits": ("digits:digits", "1,797 handwritten digits, 8x8 grey, bundled with scikit-learn."),
    "folder": ("folder:folder", "Your own images: a sub-folder for each class, or unlabelled."),
    "huggingface": (
        "huggingface:huggingface",
        "Datasets of Hugging Face of any size: Arrow, Parquet, WebDataset or folders of images.",
    ),
    "mnist": ("torchvision_datasets:mnist", "60,000 + 10,000 handwritten digits, 28x28 grey, 10 classes."),
    "fashion-mnist": (
        "torchvision_datasets:fashion_mnist",
        "60,000 + 10,000 images of clothes, 28x28 grey, 10 classes.",
    ),
    "cifar10": ("torchvision_datasets:cifar10", "50,000 + 10,000 photos, 32x32 colour, 10 classes."),
    "cifar100": ("torchvision_datasets:cifar100", "50,000 + 10,000 photos, 32x32 colour, 100 classes."),
    "svhn": ("torchvision_datasets:svhn", "73,257 + 26,032 house numbers, 32x32 colour, 10 classes."),
    "stl10": ("torchvision_datasets:stl10", "5,000 labelled and 100,000 unlabelled photos, 96x96 colour, 10 classes."),
}


@hookimpl
def register_components(register: Register) -> None:
    """Registers scikit-learn's digits, datasets of torchvision and Hugging Face, and folders of images."""
    for name, (function, summary) in DATASETS.items():
        register.dataset(name, f"zoo_core.data.datasets.{function}", summary)

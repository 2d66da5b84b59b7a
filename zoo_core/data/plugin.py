"""The data sets that the core brings along, offered like any plugin's."""

from zoo_core import Register, hookimpl

HERE = "zoo_core.data.datasets"


@hookimpl
def register_components(register: Register) -> None:
    """Offers scikit-learn's digits, torchvision's well-known sets, folders of images, and Hugging Face's data sets."""
    register.dataset(
        "digits", f"{HERE}.digits:digits", "1,797 handwritten digits, 8x8 grey, bundled with scikit-learn."
    )
    register.dataset(
        "folder", f"{HERE}.folder:folder", "Images of your own: a sub-folder for each class, or unlabelled."
    )
    register.dataset(
        "huggingface",
        f"{HERE}.huggingface:huggingface",
        "Hugging Face's data sets of any size: Arrow, Parquet, WebDataset or folders of images.",
    )
    sets = f"{HERE}.torchvision_sets"
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

"""Names of plugin API 1 and their replacements, for errors that tell the author of an old plugin what to change."""

from typing import Any

from registry import ZooError

PUBLIC_NAMES = {
    "DataRequest": "renamed to DatasetRequest, and its method required_root to require_root",
    "FeatureExtractor": "removed",
    "HoleMaker": "renamed to MaskSampler, and its method make_holes to sample_masks",
    "ImageSet": "renamed to ImageDataset, and its fields mirror, suggested_labels, decoded_when_read and remarks to "
    "horizontal_flip, default_labels, decodes_on_read and notes",
    "Observer": "renamed to Callback, and the argument observers of Trainer to callbacks",
    "RotationTeller": "renamed to RotationClassifier, and its method tell_rotation to classify_rotation",
    "SizedHoleMaker": "renamed to SizedMaskSampler, and its method make_sized_holes to sample_sized_masks",
    "box_hole": "renamed to make_box_mask",
    "mask_hole": "renamed to read_mask",
    "open_picture": "renamed to open_image",
    "save_picture": "renamed to save_image",
    "shared_mean": "renamed to all_reduce_mean",
    "transparent_hole": "renamed to make_transparency_mask",
}
ATTRIBUTES = {
    "make_holes": "sample_masks",
    "make_sized_holes": "sample_sized_masks",
    "needs_teacher": "needs_ema_teacher",
    "supervised": "has_supervised_step",
    "tell_rotation": "classify_rotation",
}


def refuse_old_name(name: str) -> None:
    """Raises an `ImportError` with the new name if a name imported from `zoo_core` is one of plugin API 1."""
    if name in PUBLIC_NAMES:
        raise ImportError(f"In plugin API 2, zoo_core.{name} was {PUBLIC_NAMES[name]}. See CHANGELOG.md.")


def refuse_old_attributes(component: object) -> None:
    """Raises a `ZooError` with the new name if a component, or its class, has an attribute of plugin API 1."""
    for old, new in ATTRIBUTES.items():
        if hasattr(component, old):
            owner = component if isinstance(component, type) else type(component)
            raise ZooError(f"In plugin API 2, {owner.__qualname__}.{old} was renamed to {new}. See CHANGELOG.md.")


class RefusesOldNames:
    """Base class whose subclasses cannot define a method or attribute under a name of plugin API 1."""

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        refuse_old_attributes(cls)

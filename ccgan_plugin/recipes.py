"""Recipes that combine the components of CC-GAN."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zoo_core import Recipe

Options = Mapping[str, Mapping[str, Any]]


def override(recipe: Recipe, options: Options) -> Recipe:
    """Returns a copy of a recipe with some of its options replaced."""
    sections = {*recipe.options, *options}
    merged = {section: {**recipe.options.get(section, {}), **options.get(section, {})} for section in sections}
    return replace(recipe, options=merged)


CCGAN = Recipe(
    generator="ccgan:masked-autoencoder",
    discriminator="ccgan:dual-head-patchgan",
    loss="ccgan:rec-adv-aux",
    data="digits",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        "loss": {"w_rec": 10.0, "w_adv": 0.3, "w_aux_fake": 1.0},
        "train": {"steps": 600, "lr": 1e-3},
    },
)

CONTEXT_ENCODER = override(CCGAN, {"loss": {"w_aux": 0.0, "w_aux_fake": 0.0}})

LABELS_ONLY = replace(
    CCGAN,
    loss="ccgan:class-only",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16},
        "train": {"steps": 600, "lr": 1e-3, "labelled_fraction": 1.0},
    },
)

CCGAN_MODERN = replace(
    CCGAN,
    loss="ccgan:rec-adv-aux-consistency",
    options={
        "generator": {"width": 16},
        "discriminator": {"width": 16, "rotations": True},
        "loss": {"w_rec": 10.0, "w_adv": 0.1, "w_rotation": 1.0},
        "train": {
            "steps": 1000,
            "lr": 1e-3,
            "batch_size": 96,
            "labelled_fraction": 1 / 3,
            "ema_decay": 0.99,
        },
    },
)

CCGAN_PAPER = replace(
    CCGAN,
    options={
        "generator": {"norm": "batch", "first_norm": True, "activation": "relu", "init": "dcgan"},
        "discriminator": {"norm": "batch", "first_norm": True, "validity": "scalar", "init": "dcgan"},
        "loss": {"w_rec": 0.0, "real_target": 0.9, "class_step": "own"},
        "train": {"steps": 100_000, "batch_size": 200, "lr": 2e-4, "finetune_steps": 5_000},
    },
)

CCGAN2_PAPER = override(CCGAN_PAPER, {"loss": {"real_target": 1.0, "judged": "alternate"}, "train": {"steps": 200_000}})

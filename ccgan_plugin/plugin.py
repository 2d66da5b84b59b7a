"""The recipes of CC-GAN, and the registration of its components."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from zoo_core import Recipe, Register, hookimpl


def override(recipe: Recipe, options: Mapping[str, Mapping[str, Any]]) -> Recipe:
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
        "train": {"steps": 1000, "lr": 1e-3, "batch_size": 96, "labelled_fraction": 1 / 3, "ema_decay": 0.99},
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


@hookimpl
def register_components(register: Register) -> None:
    """Registers the components of CC-GAN and the recipes that combine them."""
    register.generator(
        "masked-autoencoder",
        "ccgan_plugin.generator:MaskedAutoencoder",
        "Convolutional autoencoder that fills holes in images from their surroundings.",
    )
    register.discriminator(
        "dual-head-patchgan",
        "ccgan_plugin.critic:DualHeadPatchGAN",
        "VGG-style critic with two heads: real or filled in, per patch, and which class.",
    )
    register.loss(
        "rec-adv-aux",
        "ccgan_plugin.loss:RecAdvAux",
        "Reconstruction term inside holes, adversarial terms on in-painted images, class terms on labelled images.",
    )
    register.loss(
        "class-only",
        "ccgan_plugin.loss:ClassOnly",
        "Class term on labelled images only; there are no adversarial terms, and the generator is not trained.",
    )
    register.loss(
        "rec-adv-aux-consistency",
        "ccgan_plugin.consistency:RecAdvAuxConsistency",
        "The terms of CC-GAN, and pseudo-labels that the critic learns on in-painted images.",
    )
    register.recipe(
        "ccgan",
        "ccgan_plugin.plugin:CCGAN",
        "Context-conditional GAN: adversarial in-painting, with a class head that needs few labels.",
    )
    register.recipe(
        "context-encoder",
        "ccgan_plugin.plugin:CONTEXT_ENCODER",
        "The components of ccgan without class terms: in-painting alone, without labels.",
    )
    register.recipe(
        "labels-only",
        "ccgan_plugin.plugin:LABELS_ONLY",
        "The baseline: ccgan's critic, trained on the labelled images alone.",
    )
    register.recipe(
        "ccgan-modern",
        "ccgan_plugin.plugin:CCGAN_MODERN",
        "CC-GAN that learns pseudo-labels on in-painted images, and features by predicting rotations.",
    )
    register.recipe(
        "ccgan-paper",
        "ccgan_plugin.plugin:CCGAN_PAPER",
        "CC-GAN with the settings of the paper's code: no reconstruction, 100,000 steps, fine-tuning.",
    )
    register.recipe(
        "ccgan2-paper",
        "ccgan_plugin.plugin:CCGAN2_PAPER",
        "CC-GAN^2 with the settings of the paper's code: x_I and x_G are judged in alternate steps.",
    )

"""The benchmarks compare what they claim to compare; nothing is timed here."""

import numpy as np
import pytest
import torch
from candidates import Case, build_hand_written_step, build_trainer, find_convolutions
from convolutions import ConvolutionsOnly
from listing import Listing, Options
from quality import ListingDiscriminator, ListingGenerator, Progress, Training, evaluate_networks, train
from timing import InterleavedTimer
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zoo_core import ImageSpec, Trainer

TINY = Case(size=32, batch=6, width=2)
CONVOLUTIONS = (torch.ops.aten.convolution, torch.ops.aten.convolution_backward)


def test_the_step_by_hand_has_the_losses_of_the_trainer() -> None:
    """Dropout is switched off: its random draws depend on the order of the forward passes."""
    trainer, other = build_trainer(TINY, dropout=0.0), build_trainer(TINY, dropout=0.0)
    by_hand = build_hand_written_step(other)
    for step in range(3):
        expected = trainer.training_step.train(step, trainer.load_batches(step))
        terms = by_hand.train(step, other.load_batch(step))
        assert set(terms) == set(expected)
        for name, value in terms.items():
            assert value.item() == pytest.approx(expected[name].item(), rel=1e-4), (step, name)


def count_convolution_flops(function: object, *arguments: object) -> int:
    with FlopCounterMode(display=False) as counter:
        function(*arguments)  # type: ignore[operator]
    counts = counter.get_flop_counts()["Global"]
    return sum(counts.get(operator, 0) for operator in CONVOLUTIONS)


def test_the_convolutions_alone_have_as_many_operations_as_those_of_a_step() -> None:
    """As counted by torch, forward and backward; frozen weights and real images need fewer gradients."""
    convolutions, trainer = ConvolutionsOnly(find_convolutions(build_trainer(TINY))), build_trainer(TINY)
    flops = count_convolution_flops(trainer.training_step.train, 0, trainer.load_batches(0))
    assert flops > 1e6
    assert count_convolution_flops(convolutions.run) == flops


def find_gradients_of_first_layers(trainer: Trainer) -> set[tuple[bool, ...]]:
    return {call.gradients for call in find_convolutions(trainer) if call.input_shape[1] == TINY.channels}


def test_gradients_are_computed_of_generated_images_but_not_of_real_ones_or_frozen_weights() -> None:
    assert find_gradients_of_first_layers(build_trainer(TINY)) == {(False, True, True), (True, False, False)}


def make_batch(count: int = 6, channels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.rand(count, channels, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return images, torch.arange(count) % 2 - 1


def test_the_listing_runs_and_trains_both_networks() -> None:
    torch.manual_seed(0)
    listing = Listing(Options(width=2))
    before = [weight.clone() for weight in (*listing.generator.parameters(), *listing.discriminator.parameters())]
    images, labels = make_batch()
    for _ in range(2):  # the original fails in the second step
        losses = listing.train(images, labels)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert listing.generator(images).shape == images.shape
    after = (*listing.generator.parameters(), *listing.discriminator.parameters())
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True) if new.ndim > 1)


def test_the_listing_has_its_other_faults() -> None:
    """Those with the numbers 13 and 14, 15, 17, 18, 19, 20 and 24 in docs/method.md."""
    np.random.seed(0)
    listing = Listing(Options(width=2))
    images, labels = make_batch()
    validity, classes = listing.discriminator(images)
    assert torch.allclose(classes.sum(1), torch.ones(6))
    assert validity.shape == (6, 1)
    assert bool(((validity > 0) & (validity < 1)).all())
    assert listing.discriminator.aux_layer[0].in_features == 1
    assert {layer.eps for layer in listing.generator.modules() if isinstance(layer, nn.BatchNorm2d)} == {0.8}
    assert any(isinstance(layer, nn.InstanceNorm2d) for layer in listing.discriminator.modules())
    masks = torch.stack([(listing.apply_random_mask(images) == -1).all(1) for _ in range(99)])
    assert set(masks.sum((2, 3)).flatten().tolist()) == {256}
    assert not masks[..., -1, :].any()
    assert not masks[..., -1].any()
    listing.train(images, labels)
    assert all(weight.grad is not None for weight in listing.discriminator.parameters())


def test_candidates_run_in_turns_and_the_warm_up_is_not_counted() -> None:
    calls: list[tuple[str, int]] = []
    candidates = {name: lambda step, name=name: calls.append((name, step)) for name in "ab"}
    timer = InterleavedTimer(candidates, warm_up=1).run(2)
    assert calls == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert len(timer.get_seconds("a")) == 2


def test_training_ends_once_both_metrics_are_reached_and_evaluation_takes_no_time() -> None:
    """Accuracy reaches the goal at step 4 and PSNR at step 6; each step takes a quarter of a second."""
    goal, steps = Progress(9, 9.0, {"accuracy": 0.5, "hole_psnr": 12.0}), 0

    def run_step(step: int) -> float:
        nonlocal steps
        steps = step + 1
        return 0.25

    def evaluate() -> dict[str, float]:
        return {"accuracy": 0.5 if steps >= 4 else 0.4, "hole_psnr": 6.0 + steps}

    training = Training("test", run_step, evaluate)
    assert train(training, 20, 2, goal) == Progress(6, 1.5, {"accuracy": 0.5, "hole_psnr": 12.0})
    assert train(training, 5, 2, goal).step == 5


def test_the_metrics_of_the_listing_match_a_calculation_by_hand() -> None:
    """A generator of black images has an error of x + 1; a critic that always predicts 3 has the frequency of 3."""
    trainer = build_trainer(TINY)
    spec, images = trainer.data.spec, trainer.data.select_validation()
    listing = Listing(Options(width=2))
    with torch.no_grad():
        for weight in (*listing.generator.parameters(), *listing.discriminator.parameters()):
            weight.zero_()
        listing.generator.model[-2].bias.fill_(-9.0)  # type: ignore[operator]
        listing.discriminator.aux_layer[0].bias[3] = 5.0  # type: ignore[operator]
    result = evaluate_networks(trainer, ListingGenerator(spec, listing), ListingDiscriminator(spec, listing))
    x = images.pixels.read(torch.arange(len(images))).double() / 127.5 - 1
    assert result["hole_psnr"] == pytest.approx(10 * torch.log10(4 / (x + 1).square().mean()).item(), abs=0.3)
    assert result["accuracy"] == pytest.approx((images.labels == 3).double().mean().item())


def test_the_listings_generator_receives_black_holes_without_their_content() -> None:
    inputs: list[torch.Tensor] = []
    listing, (x, _) = Listing(Options(width=2)), make_batch()
    listing.generator.register_forward_pre_hook(lambda _, arguments: inputs.append(arguments[0]))
    masks = torch.zeros(6, 1, 32, 32)
    masks[..., 8:24, 8:24] = 1
    ListingGenerator(ImageSpec(3, 32, 32, 10), listing).inpaint(x, masks)
    assert torch.equal(inputs[0], torch.where(masks == 1, -1.0, x))

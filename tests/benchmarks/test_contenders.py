"""What the benchmarks compare is what they say it is; nothing is timed here."""

import numpy as np
import pytest
import torch
from by_hand import ByHand
from contenders import Case, convolutions, trainer
from floor import Floor
from listing import Listing, Options
from quality import ListingFills, ListingTells, Point, Side, measured, train
from timing import Race
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from zoo_core import ImageSpec, Trainer

TINY = Case(size=32, batch=6, width=2)
CONVOLUTIONS = (torch.ops.aten.convolution, torch.ops.aten.convolution_backward)


def test_the_step_by_hand_is_the_trainers() -> None:
    """Without dropout, whose draws are no part of the mathematics: they depend on the order of the passes."""
    ours, like = trainer(TINY, dropout=0.0), trainer(TINY, dropout=0.0)
    hand = ByHand(like.training_step.generator, like.training_step.discriminator)  # type: ignore[arg-type]
    for number in range(3):
        expected = ours.training_step.train(number, ours.load_batches(number))
        terms = hand.step(number, like.load_batch(number))
        assert set(terms) == set(expected)
        for name, value in terms.items():
            assert value.item() == pytest.approx(expected[name].item(), rel=1e-4), (number, name)


def convolution_flops(step: object, *arguments: object) -> int:
    with FlopCounterMode(display=False) as counter:
        step(*arguments)  # type: ignore[operator]
    counted = counter.get_flop_counts()["Global"]
    return sum(counted.get(operator, 0) for operator in CONVOLUTIONS)


def test_the_floor_holds_as_much_arithmetic_as_the_convolutions_of_a_step() -> None:
    """By torch's own count of operations, forward and backward; frozen weights and images ask for less."""
    floor, played = Floor(convolutions(trainer(TINY))), trainer(TINY)
    flops = convolution_flops(played.training_step.train, 0, played.load_batches(0))
    assert flops > 1e6
    assert convolution_flops(floor.step) == flops


def gradients_of_first_layers(trained: Trainer) -> set[tuple[bool, ...]]:
    return {call.gradients for call in convolutions(trained) if call.input_shape[1] == TINY.channels}


def test_no_gradient_is_asked_of_images_but_of_made_ones_and_none_of_frozen_weights() -> None:
    assert gradients_of_first_layers(trainer(TINY)) == {(False, True, True), (True, False, False)}


def batch(count: int = 6, channels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    images = torch.rand(count, channels, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    return images, torch.arange(count) % 2 - 1


def test_the_listing_runs_and_both_networks_learn() -> None:
    torch.manual_seed(0)
    peer = Listing(Options(width=2))
    before = [weight.clone() for weight in (*peer.generator.parameters(), *peer.discriminator.parameters())]
    images, labels = batch()
    for _ in range(2):  # its loop broke in the second
        losses = peer.step(images, labels)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert peer.generator(images).shape == images.shape
    after = (*peer.generator.parameters(), *peer.discriminator.parameters())
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True) if new.ndim > 1)


def test_the_listings_other_faults_are_all_there() -> None:
    """By their numbers in docs/method.md: 13 and 14, 15, 17, 18, 19, 20, 24."""
    np.random.seed(0)
    peer = Listing(Options(width=2))
    images, labels = batch()
    validity, classes = peer.discriminator(images)
    assert torch.allclose(classes.sum(1), torch.ones(6))
    assert validity.shape == (6, 1)
    assert bool(((validity > 0) & (validity < 1)).all())
    assert peer.discriminator.aux_layer[0].in_features == 1
    assert {layer.eps for layer in peer.generator.modules() if isinstance(layer, nn.BatchNorm2d)} == {0.8}
    assert any(isinstance(layer, nn.InstanceNorm2d) for layer in peer.discriminator.modules())
    masks = torch.stack([(peer.apply_random_mask(images) == -1).all(1) for _ in range(99)])
    assert set(masks.sum((2, 3)).flatten().tolist()) == {256}
    assert not masks[..., -1, :].any()
    assert not masks[..., -1].any()
    peer.step(images, labels)
    assert all(weight.grad is not None for weight in peer.discriminator.parameters())


def test_contenders_take_turns_and_the_warm_up_is_not_counted() -> None:
    played: list[tuple[str, int]] = []
    race = Race({name: lambda number, name=name: played.append((name, number)) for name in "ab"}, warm_up=1).run(2)  # type: ignore[misc]
    assert played == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert len(race.seconds("a")) == 2


def test_training_ends_as_soon_as_both_measures_are_reached_and_measuring_takes_no_time() -> None:
    """Accuracy is good enough from step 4 on, PSNR from step 6; each step is said to take a quarter of a second."""
    goal, step = Point(9, 9.0, {"accuracy": 0.5, "hole_psnr": 12.0}), 0

    def learn(number: int) -> float:
        nonlocal step
        step = number + 1
        return 0.25

    def measure() -> dict[str, float]:
        return {"accuracy": 0.5 if step >= 4 else 0.4, "hole_psnr": 6.0 + step}

    assert train(Side("ours", learn, measure), 20, 2, goal) == Point(6, 1.5, {"accuracy": 0.5, "hole_psnr": 12.0})
    assert train(Side("ours", learn, measure), 5, 2, goal).step == 5


def test_the_listing_is_measured_by_what_it_has_learnt() -> None:
    """A generator that leaves black is off by x + 1 inside holes, and a critic that always says 3 is right as often."""
    trained = trainer(TINY)
    spec, images = trained.data.spec, trained.data.select_validation()
    peer = Listing(Options(width=2))
    with torch.no_grad():
        for weight in (*peer.generator.parameters(), *peer.discriminator.parameters()):
            weight.zero_()
        peer.generator.model[-2].bias.fill_(-9.0)  # type: ignore[operator]
        peer.discriminator.aux_layer[0].bias[3] = 5.0  # type: ignore[operator]
    result = measured(trained, ListingFills(spec, peer), ListingTells(spec, peer))
    x = images.pixels.read(torch.arange(len(images))).double() / 127.5 - 1
    assert result["hole_psnr"] == pytest.approx(10 * torch.log10(4 / (x + 1).square().mean()).item(), abs=0.3)
    assert result["accuracy"] == pytest.approx((images.labels == 3).double().mean().item())


def test_the_listings_generator_is_asked_with_black_holes_and_never_sees_what_is_in_them() -> None:
    seen: list[torch.Tensor] = []
    peer, (x, _) = Listing(Options(width=2)), batch()
    peer.generator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    masks = torch.zeros(6, 1, 32, 32)
    masks[..., 8:24, 8:24] = 1
    ListingFills(ImageSpec(3, 32, 32, 10), peer).inpaint(x, masks)
    assert torch.equal(seen[0], torch.where(masks == 1, -1.0, x))

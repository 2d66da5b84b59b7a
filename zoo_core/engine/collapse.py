"""Notices a game that nobody can win any more, although all its numbers are finite."""

from collections.abc import Mapping

from torch import Tensor

WON = 0.01  # an adversarial loss below this tells real from made with near certainty
LONG = 10  # so many lines of the log
SAME = 1e-3  # of a range of 2; an eighth of a step of 8-bit pixels


class WonGame:
    """Watches the discriminator's adversarial term, which every loss of the zoo calls "adv"."""

    def __init__(self) -> None:
        self.streak = 0

    def seen(self, terms: Mapping[str, float]) -> str | None:
        """Takes in a line of the log; returns a warning when the game has just been won for long."""
        if "discriminator/adv" not in terms:
            return None
        self.streak = self.streak + 1 if 0 <= terms["discriminator/adv"] < WON else 0
        if self.streak != LONG:
            return None
        return (
            f"The discriminator tells real from made images almost without error (discriminator/adv below {WON} in "
            f"{LONG} lines of the log): the generator learns little from it. Try a lower `--lr`, or a larger weight of "
            "the other terms."
        )


def sameness_warning(made: Tensor) -> str | None:
    """A warning if a generator makes the same image for different inputs.

    Args:
        made: (N, C, H, W) in [-1, 1], from different inputs; N >= 2.
    """
    if made.float().std(0).mean().item() >= SAME:
        return None
    return (
        "The generator makes the same image whatever it is given: it has collapsed. Try a lower `--lr`, or a larger "
        "weight of the terms other than adv."
    )

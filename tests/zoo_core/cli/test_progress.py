from io import StringIO

import pytest
from rich.console import Console

from zoo_core.cli.progress import Display, LiveBar, PlainLines, format_metric  # type: ignore[attr-defined]

RUN = {
    "settings": {"train": {"steps": 30, "finetune_steps": 10, "batch_size": 8}},
    "first_step": 10,
    "notes": ["One checkpoint is damaged."],
}
TERMS = {"discriminator/adv": 1.25, "generator/rec": 0.5}
METRICS = {"validation/images": 130, "validation/accuracy": 0.931, "validation/hole_psnr": 15.678}


def run_display(display: Display, terminal: bool) -> str:
    output = StringIO()
    console = Console(file=output, force_terminal=terminal, width=120, markup=False, highlight=False)
    display.console = console
    if isinstance(display, LiveBar):
        display.bar.live.console = console
    display.training_started(RUN)
    display.metrics_logged(20, TERMS)
    display.metrics_logged(20, METRICS)
    display.training_finished({})
    display.close()
    return output.getvalue()


@pytest.mark.parametrize(("display", "terminal"), [(PlainLines, False), (LiveBar, True)])
def test_step_terms_and_metrics_are_displayed(display: type[Display], terminal: bool) -> None:
    text = run_display(display(), terminal)
    assert "One checkpoint is damaged." in text
    assert "Resuming from step 10." in text
    assert "D adv 1.250" in text
    assert "G rec 0.500" in text
    assert "accuracy 93.1 %" in text
    assert "hole psnr 15.68 dB" in text
    assert "20/40" in text
    assert "images/s" in text


def test_values_have_units() -> None:
    assert format_metric("accuracy", 0.5) == "50.0 %"
    assert format_metric("hole_psnr", 15.5) == "15.50 dB"
    assert format_metric("hole_l1", 0.12345) == "0.123"


def test_on_a_narrow_terminal_terms_are_cut_but_not_the_step() -> None:
    display = LiveBar()
    display.console = display.bar.live.console = Console(file=StringIO(), force_terminal=True, width=60)
    display.training_started(RUN)
    display.metrics_logged(20, TERMS | {f"generator/term_{number}": 1.0 for number in range(9)})
    display.bar.refresh()
    display.close()
    assert isinstance(display.console.file, StringIO)
    last = display.console.file.getvalue()
    assert "20/40" in last
    assert "images/s" in last
    assert "D adv" in last

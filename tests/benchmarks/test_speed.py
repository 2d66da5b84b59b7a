"""Compares the time of the trainer's step with alternatives, in turns: pytest -m speed on an idle machine."""

import pytest
from candidates import Case, prepare_candidates
from compare import Comparison
from pytest_benchmark.fixture import BenchmarkFixture
from timing import InterleavedTimer

pytestmark = pytest.mark.speed
ROUNDS = 9
CASES = (Case(32, 64), Case(64, 32), Case(128, 8))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_meets_the_targets(benchmark: BenchmarkFixture, case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    timer = InterleavedTimer(prepare_candidates(case))
    benchmark.pedantic(timer.run_round, rounds=ROUNDS, warmup_rounds=timer.warm_up)
    comparison = Comparison.from_timer(case, timer)
    benchmark.extra_info |= comparison.ratios
    with capsys.disabled():
        print(f"\n{comparison}\n")
    assert comparison.ratios["listing / trainer, time"] >= 1.3
    assert comparison.ratios["trainer / by hand, time"] <= 1.02
    assert comparison.ratios["trainer / by hand, peak memory"] <= 1.10
    assert comparison.ratios["waiting for data / step"] <= 0.01
    if case == CASES[0]:
        assert comparison.ratios["trainer / convolutions, time"] <= 1.15

"""How the trainer's step compares with others, within one run, by turns: pytest -m speed on an idle machine."""

import pytest
from compare import Comparison
from contenders import Case, contenders
from pytest_benchmark.fixture import BenchmarkFixture
from timing import Race

pytestmark = pytest.mark.speed
ROUNDS = 9
CASES = (Case(32, 64), Case(64, 32), Case(128, 8))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_step_costs_no_more_than_is_asked_for(
    benchmark: BenchmarkFixture, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    race = Race(contenders(case))
    benchmark.pedantic(race.round, rounds=ROUNDS, warmup_rounds=race.warm_up)
    found = Comparison.of(case, race)
    benchmark.extra_info |= found.ratios
    with capsys.disabled():
        print(f"\n{found}\n")
    assert found.ratios["listing / trainer, time"] >= 1.3
    assert found.ratios["trainer / by hand, time"] <= 1.02
    assert found.ratios["trainer / by hand, peak memory"] <= 1.10
    assert found.ratios["waiting for data / step"] <= 0.01
    if case == CASES[0]:
        assert found.ratios["trainer / convolutions, time"] <= 1.15

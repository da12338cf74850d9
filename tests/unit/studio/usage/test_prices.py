import pytest

from talkies.studio.usage.prices import Prices


def test_a_run_costs_its_gpu_time() -> None:
    assert Prices(gpu_per_hour=1.8).cost(120, 0) == pytest.approx(0.06)


def test_files_cost_a_month_or_as_long_as_they_are_kept() -> None:
    kept = Prices(storage_per_gb_month=0.015)
    assert kept.cost(0, 2_000_000_000) == pytest.approx(0.03)
    six_hours = Prices(storage_per_gb_month=0.015, retention_hours=6)
    assert six_hours.cost(0, 2_000_000_000) == pytest.approx(0.03 * 6 / 730)
    for_years = Prices(storage_per_gb_month=0.015, retention_hours=99_999)
    assert for_years.cost(0, 2_000_000_000) == pytest.approx(0.03)


def test_without_prices_nothing_costs() -> None:
    assert Prices().cost(1e6, 10**12) == 0

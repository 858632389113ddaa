"""Laws of quantities: their text has one form, means what was written, and anything else is refused as what it is."""

from __future__ import annotations

import contextlib
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minikube_py.api.scalars import MicroTime, Quantity, Time

SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
MOST_BINARY = Fraction(2**63 - 1)

numbers = st.decimals(-(10**6), 10**6, places=3, allow_nan=False).map(str)
suffixed = st.tuples(numbers, st.sampled_from([*SUFFIXES, *BINARY]))
powers = st.tuples(numbers, st.integers(-12, 15).map(lambda power: f"e{power}"))
texts = st.one_of(suffixed, powers)


def meant(number: str, suffix: str) -> Fraction:
    """What a text says, worked out apart and exactly: to the billionth, away from zero; binary ones within 64 bits."""
    value = Fraction(Decimal(number))
    if suffix in BINARY:
        value = max(min(value * 1024 ** BINARY[suffix], MOST_BINARY), -MOST_BINARY)
    else:
        value *= Fraction(10) ** (SUFFIXES[suffix] if suffix in SUFFIXES else int(suffix[1:]))
    return Fraction(math.ceil(abs(value) * 10**9), 10**9) * (1 if value > 0 else -1)


@given(texts)
def test_a_quantity_means_what_was_written(text: tuple[str, str]) -> None:
    assert Quantity("".join(text)).value == meant(*text)


@given(texts)
def test_a_quantity_has_one_form(text: tuple[str, str]) -> None:
    once = Quantity("".join(text))
    assert Quantity(once) == once
    assert once.value == Quantity(str(once.value)).value


@given(suffixed, suffixed)
@example(("0.001", "n"), ("10.000", "E"))
def test_a_sum_is_the_sum_of_what_both_mean(one: tuple[str, str], other: tuple[str, str]) -> None:
    total = Quantity("".join(one)) + Quantity("".join(other))
    wanted = meant(*one) + meant(*other)
    assert total.value == (max(min(wanted, MOST_BINARY), -MOST_BINARY) if total.endswith("i") else wanted)


@given(st.text("0123456789.+-eEnumkKMGTPi ", max_size=12))
@example("1e999999999")
@example("1e-999999999")
@example("9" * 400)
@example("-0.001n")
@example("1e99999999999999999999")
@example("\u0663")
@example(".")
def test_any_text_is_a_quantity_or_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        once = Quantity(text)
        assert text.isascii()
        assert Quantity(once) == once
        assert len(once) < 260


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -float("inf")])
def test_what_is_no_number_is_no_quantity(value: float) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        Quantity(value)


@given(st.text("0123456789-:.TZ+\u0663", max_size=26))
@example("2026-13-45T25:61:61Z")
@example("0000-00-00T00:00:00Z")
@example("2026-01-01T00:00:00.1234567890123Z")
@example("2026-01-01T00:00:00+99:99")
@example("0001-01-01T00:00:00+10:00")
@example("9999-12-31T23:59:59-10:00")
@pytest.mark.parametrize("kind", [Time, MicroTime])
def test_any_text_is_a_time_or_none(kind: type[Time], text: str) -> None:
    try:
        once = kind(text)
    except ValueError:
        return
    assert kind(once) == once
    assert kind.at(once.epoch_s) == once

"""Tests of what borders do to convolutions."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.theory.borders import (
    Axis,
    agreement,
    convolved,
    diluted,
    normalized,
    padded,
    pooled,
    raised,
    relative_variance,
)


def test_same_padding_loses_taps_at_the_ends() -> None:
    share, (profile,) = convolved([], [Axis(4, 3, padding="same")])
    assert share == pytest.approx(10 / 12)
    assert profile == pytest.approx((0.8, 1.2, 1.2, 0.8))


def test_strides_begin_like_those_of_tensorflow() -> None:
    # An even size and stride 2 pad one zero, behind.
    assert Axis(4, 3, stride=2, padding="same").taps() == (range(0, 3), range(2, 5))
    assert Axis(5, 3, stride=2, padding="same").taps() == (range(-1, 2), range(1, 4), range(3, 6))
    assert Axis(5, 3, padding="causal").taps()[0] == range(-2, 1)
    assert Axis(5, 2, dilation=3).taps() == (range(0, 4, 3), range(1, 5, 3))
    assert Axis(2, 3).taps() == ()


@given(st.integers(3, 12), st.integers(1, 3), st.integers(1, 3))
def test_valid_convolutions_of_uniform_values_stay_uniform(
    size: int, window: int, stride: int
) -> None:
    share, (profile,) = convolved([], [Axis(size, window, stride)])
    assert share == pytest.approx(1)
    assert profile == pytest.approx((1.0,) * len(profile))


@given(
    st.lists(st.floats(0.1, 2), min_size=5, max_size=5),
    st.lists(st.floats(0.1, 2), min_size=7, max_size=7),
)
def test_profiles_have_the_mean_one(first: list[float], second: list[float]) -> None:
    start = [normalized(first), normalized(second)]
    share, behind = convolved(start, [Axis(5, 3, padding="same"), Axis(7, 3, 2, padding="same")])
    assert 0 < share < 3
    for profiles in (behind, pooled(behind, [Axis(5, 2, 2), Axis(4, 2, 2)]), raised(behind, 0.7)):
        for profile in profiles:
            assert sum(profile) / len(profile) == pytest.approx(1)
    assert relative_variance(behind) >= 0


def test_zero_padding_and_a_valid_convolution_are_a_same_one() -> None:
    kept, profiles = padded([], [(6, 1, 1)])
    share, (profile,) = convolved(profiles, [Axis(8, 3)])
    same_share, (same_profile,) = convolved([], [Axis(6, 3, padding="same")])
    assert kept == pytest.approx(6 / 8)
    assert kept * share == pytest.approx(same_share)
    assert profile == pytest.approx(same_profile)


@given(st.integers(3, 9), st.integers(1, 5), st.integers(1, 2), st.sampled_from(["valid", "same"]))
def test_positions_at_borders_have_fewer_taps_in_common(
    size: int, window: int, stride: int, padding: Literal["valid", "same"]
) -> None:
    axis = Axis(size, window, stride, padding=padding)
    inside = [{tap for tap in taps if 0 <= tap < size} for taps in axis.taps()]
    if not inside:
        return
    # What is the same at each place comes through the same tap of both.
    steps = [
        {tap - taps[0] for tap in seen} for seen, taps in zip(inside, axis.taps(), strict=True)
    ]
    own = sum(map(len, steps)) / len(steps)
    apart = [len(one & other) for one in steps for other in steps]
    near = [len(one & other) for one, other in zip(steps[::2], steps[1::2], strict=False)] or [own]
    factors = agreement([], [axis])
    assert factors[0] == pytest.approx(sum(apart) / len(apart) / own)
    assert factors[1] == pytest.approx(sum(near) / len(near) / own)


def test_dilution_makes_profiles_flatter() -> None:
    assert diluted([(0.5, 1.5)], 0.5) == ((0.75, 1.25),)
    assert diluted([(0.5, 1.5)], 1) == ((0.5, 1.5),)
    assert relative_variance([]) == 0


def test_profiles_of_another_size_are_not_used() -> None:
    share, _ = convolved([(0.0, 2.0)], [Axis(3, 1)])
    assert share == 1
    assert normalized([0.0, 0.0]) == (1.0, 1.0)

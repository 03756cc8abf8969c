"""Facts that are united along a graph name few layers and stay small."""

from __future__ import annotations

from selu_lint.model.reach import Reach, united


def of(*numbers: int) -> Reach:
    return united(Reach(((number, f"l{number}"),)) for number in numbers)


def test_names_the_three_nearest_and_counts_the_rest() -> None:
    assert str(of(2, 1)) == "l1, l2"
    assert str(of(4, 2, 1, 3)) == "l1, l2, l3 and 1 other"
    assert str(of(*range(10))) == "l0, l1, l2 and 7 others"
    assert str(of(*range(17))) == "l0, l1, l2 and more than 13 others"


def test_keeps_the_nearest_each_once() -> None:
    whole = united([of(*range(0, 40, 2)), of(*range(1, 40, 2)), of(3), Reach(((99, "l3"),))])
    assert [path for _, path in whole.nearest] == [f"l{number}" for number in range(16)]
    assert whole.more
    again = united([whole, of(5)])
    assert (again.nearest, again.more) == (whole.nearest, whole.more)


def test_data_says_whether_there_are_more() -> None:
    assert of(2, 1).data("after") == {"after": ["l1", "l2"]}
    assert of(*range(16)).data("after") == {"after": sorted(f"l{n}" for n in range(16))}
    assert of(*range(17)).data("after")["after_more"] is True


def test_is_true_where_there_is_one() -> None:
    assert not Reach()
    assert not united([Reach(), Reach()])
    assert united([Reach(), of(1)])

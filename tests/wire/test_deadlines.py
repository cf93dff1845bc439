"""Deadlines come in order, each once, the last one that was put."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pamwal.wire.deadlines import Deadlines
from pamwal.wire.watching_owner import JUDGE_EVERY_S, JUDGE_RESTS_MAX_S, next_look

MOMENTS = st.integers(0, 30).map(lambda number: f"{number:02}")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc"), st.none() | MOMENTS),
        st.tuples(st.just("come"), MOMENTS),
    ),
    max_size=60,
)


@given(STEPS)
def test_what_comes_is_what_was_put_last(steps: list[tuple[str, ...]]) -> None:
    deadlines, expected = Deadlines(), dict[str, str]()
    for step in steps:
        if step[0] == "put":
            _, name, at = step
            deadlines.put(name, at)
            expected.pop(name, None)
            if at is not None:
                expected[name] = at
        else:
            now = step[1]
            come = list(deadlines.come(now))
            assert sorted(come) == sorted(name for name, at in expected.items() if at <= now)
            assert [expected[name] for name in come] == sorted(expected[name] for name in come)
            expected = {name: at for name, at in expected.items() if at > now}
        assert len(deadlines) == len(expected)


def test_a_deadline_that_is_moved_a_thousand_times_is_not_kept_a_thousand_times() -> None:
    deadlines = Deadlines()
    for number in range(10_000):
        deadlines.put("op", f"{number:05}")
    assert deadlines.kept < 100
    assert list(deadlines.come("99999")) == ["op"]


def test_owners_look_at_the_same_moments_and_later_the_more_they_judge() -> None:
    every, most = JUDGE_EVERY_S, JUDGE_RESTS_MAX_S
    for now_s in (0.0, 100.01, 12_345.678):
        soon, later, latest = (next_look(now_s, rest_s) for rest_s in (0.0, 0.4, 60.0))
        assert 0 < soon - now_s <= every + 1e-6
        assert 0.4 < later - now_s <= 0.4 + every + 1e-6
        assert most < latest - now_s <= most + every + 1e-6
        for moment in (soon, later, latest):
            assert round(moment / every, 3) % 1 == 0


def test_the_next_look_is_never_the_moment_that_has_come() -> None:
    now_s = 0.0
    for _ in range(10_000):
        then_s = next_look(now_s, 0.0)
        assert then_s - now_s > JUDGE_EVERY_S / 2
        now_s += then_s - now_s  # as a clock adds up what was slept

"""Incidents with all that is said of them: any order and repetition from several posts ends in the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pamwal.contracts.field import Casualties, IncidentAdvanced, IncidentReported, Location
from services.checkin.deciding.incident_life import LEGAL
from tests.unit.checkin.details import Reader, amend, attach, escalate, merge, unmerge
from tests.unit.checkin.said import Heard, incident, step, void

STEPS = sorted({name for following in LEGAL.values() for name in following})
clocks = st.integers(0, 59).map(lambda minute: f"01:{minute:02d}")
posts = st.sampled_from(["maulafa", "oebobo", "alak"])
incidents = st.sampled_from(["i-1", "i-2", "i-3"])
KINDS = ["void", "report", "step", "step", "amend", "up", "merge", "merge", "apart", "file"]
AMENDMENTS: list[dict[str, Any]] = [
    {"severity": "severe"},
    {"severity": "minor", "kind": "fire"},
    {"casualties": Casualties(injured=2)},
    {"location": Location(kelurahan="53.71.02.1001")},
    {"pairs": []},
    {"assignees": ["officer/NTT-0001", "post/alak"]},
]


@st.composite
def asked_by_posts(draw: st.DrawFn, *, interactive: bool = False) -> list[Any]:
    """Up to 18 requests of three posts on three incidents.

    Two posts may use one id; then nothing is taken back, for whether a void is refused may depend on whose
    observation of that id came first.
    """
    made: dict[tuple[str, str], Any] = {}
    own_ids = draw(st.booleans())
    for number in range(draw(st.integers(1, 18))):
        name = f"q{number if own_ids else number // 2}"
        clock, one = draw(clocks), draw(incidents)
        more: dict[str, Any] = {"post": draw(posts)}
        expected = draw(st.none() | st.integers(1, 8)) if interactive else None
        match draw(st.sampled_from(KINDS if own_ids else KINDS[1:])):
            case "report":
                asked = incident(name, clock, one, **more)
            case "step":
                asked = step(name, clock, draw(st.sampled_from(STEPS)), one, expected=expected, **more)
            case "amend":
                said = draw(st.sampled_from(AMENDMENTS))
                asked = amend(name, clock, one, expected_version=expected, **said, **more)
            case "up":
                to = draw(st.sampled_from(["post/ops", "agency/polda"]))
                asked = escalate(name, clock, to, one, expected=expected, **more)
            case "merge":
                into = draw(incidents.filter(lambda other, one=one: other != one))  # type: ignore[misc]
                asked = merge(name, clock, one, into, expected=expected, **more)
            case "apart":
                asked = unmerge(name, clock, one, expected=expected, **more)
            case "file":
                asked = attach(name, clock, draw(st.sampled_from("ab")), one, **more)
            case _:
                asked = void(name, clock, f"q{draw(st.integers(0, 17))}/0", **more)
        made[asked.postid, asked.id] = asked
    return _without_reused_steps(list(made.values()))


def _without_reused_steps(asked: list[Any]) -> list[Any]:
    """Two posts' steps of one incident under one id are refused to the later: that depends on the order."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for one in asked:
        key = (one.id, one.data.incident_id) if hasattr(one.data, "step") else None
        if key is None or key not in seen:
            kept.append(one)
        if key is not None:
            seen.add(key)
    return kept


class Operation:
    """Hears what posts say; what a post says again is a repeat, and decided no second time."""

    def __init__(self, asked: list[Any]) -> None:
        self.heard, self.told = Heard(), []
        answered: set[tuple[str, str]] = set()
        for one in asked:
            if (one.postid, one.id) in answered:
                continue
            answered.add((one.postid, one.id))
            verdict = self.heard.hear(one)
            self.told.append((one, verdict.facts))
        self.reader = Reader(self.told)


def ends(operation: Operation) -> Any:
    """Everything that must not depend on the order."""
    stands = {}
    for name, stand in operation.reader.stands().items():
        stands[name] = (
            stand.state, stand.kind, stand.severity, stand.location, stand.pairs, stand.casualties,
            stand.assignees, stand.escalated_to,
            [(told.post, told.fact.id) for told in stand.attached],
            [told.fact.of or told.fact.id for told in stand.history],
            [(told.post, told.fact.id) for told in stand.reports],
        )  # fmt: skip
    state = operation.heard.state
    decided = {
        name: (known.state, known.steps, known.said_ms, known.version == 0)
        for name, known in state.incidents.items()
    }
    return stands, operation.reader.duplicates(), decided, state.merges


@given(asked_by_posts(), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_any_order_and_repetition_ends_in_the_same(asked: list[Any], chance: Any) -> None:
    shuffled = asked + [one for one in asked if chance.random() < 0.5]
    chance.shuffle(shuffled)
    assert ends(Operation(shuffled)) == ends(Operation(asked))


@given(asked_by_posts(interactive=True))
@settings(max_examples=150, deadline=None)
def test_versions_are_dense_and_no_history_is_illegal(asked: list[Any]) -> None:
    operation = Operation(asked)
    lines: dict[str, dict[int, tuple[int, str]]] = {}
    last: dict[str, int] = {}
    for fact in operation.heard.facts:
        version = getattr(fact, "version", None)
        if version is None:
            continue
        assert version == last.get(fact.incident_id, 0) + 1
        last[fact.incident_id] = version
        of = lines.setdefault(fact.incident_id, {})
        if isinstance(fact, IncidentReported):
            of[version] = (0, "reported")
        elif isinstance(fact, IncidentAdvanced):
            of[version] = (version - 1 if fact.after is None else fact.after, fact.state)
            before = of[of[version][0]][1]
            assert fact.state in LEGAL[before]  # type: ignore[index]
    for name, stand in operation.reader.stands().items():
        states = [told.fact.state for told in stand.history][::-1]
        assert states == [line.state for line in operation.heard.state.incidents[name].history[1:]]
        assert operation.reader.accounts[name].version == operation.heard.state.incidents[name].version


@given(asked_by_posts(), incidents, st.data())
@settings(max_examples=150, deadline=None)
def test_a_merge_taken_apart_leaves_both_as_they_were(asked: list[Any], one: str, data: Any) -> None:
    into = data.draw(incidents.filter(lambda other: other != one))
    before = Operation(asked)
    if before.reader.accounts.get(one) is None or before.reader.accounts[one].edge() is not None:
        return
    together = [*asked, merge("m", "02:00", one, into)]
    apart = Operation([*together, unmerge("u", "02:01", one)])
    assert apart.reader.stands() == before.reader.stands() == Operation(together).reader.stands()
    assert apart.reader.duplicates() == before.reader.duplicates()


@given(asked_by_posts())
@settings(max_examples=200, deadline=None)
def test_a_duplicate_leads_to_one_that_counts(asked: list[Any]) -> None:
    reader = Operation(asked).reader
    found, stands = reader.duplicates(), reader.stands()
    for one, root in found.items():
        assert one in stands
        assert root in stands
        assert root not in found

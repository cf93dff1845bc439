"""The reporting core in a test: what a teller told is seen, and judged at wall clocks in Kupang."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from pamwal.contracts.claims import Claims, Role
from pamwal.contracts.codec import TYPE_OF, Fact
from pamwal.contracts.envelope import Cause, DecisionData, Outcome, Request, RequestData, RequestRef, Verdict
from pamwal.contracts.instants import to_ms
from pamwal.contracts.reporting_alerts import (
    ALERT_KINDS,
    AlertKind,
    AlertRaised,
    AlertRetracted,
    AlertRevised,
)
from pamwal.wire.core import Judged, Seen
from services.reporting.core import ReportingCore
from services.reporting.picture.alerts import AlertStand
from tests.unit.reporting.telling import OPERATION, Teller, at

Said = tuple[str, str, str]
"""A word, the alert's kind and subject: `("raised", "no_show", "deployment/d-1")`."""


class Watcher:
    """Sees what its teller told since it last looked, judges, and keeps all that it said.

    `only`: of which kinds it tells what was said; all are judged. `at_once`: a decision takes so many facts.
    """

    def __init__(
        self, teller: Teller, only: Collection[AlertKind] = ALERT_KINDS, at_once: int | None = None
    ) -> None:
        self.only, self.at_once = only, at_once
        self.core, self.teller = ReportingCore(), teller
        self.picture = self.core.new_picture(OPERATION)
        self.state = self.core.new_state(OPERATION)
        self.again_at: str | None = None
        self.facts: list[Any] = []
        self.decided: list[DecisionData[Any]] = []
        """All decisions of its own, in order."""
        self.judged_at = ""
        self.causes = self.requests = self._seen = 0

    def see(self) -> None:
        """Folds what was told since."""
        for decision in self.teller.told[self._seen :]:
            self.core.see(self.picture, decision.data)
        self._seen = len(self.teller.told)

    def judge(self, clock: str) -> list[Said]:
        """Judges at a wall clock; what was raised, revised and retracted then."""
        self.see()
        self.judged_at = now = max(at(clock), self.judged_at)
        before, judged = len(self.facts), self._judged(now)
        while judged.facts:
            part = judged.facts[: self.at_once]
            self.causes += 1
            self._hold(part, now)
            left, judged = len(judged.facts) - len(part), self._judged(now)
            assert len(judged.facts) == left, "judged again at once it states what was left"
        self.again_at = judged.again_at
        assert judged.again_at is None or judged.again_at > now
        return [said for fact in self.facts[before:] if (said := self._word(fact))[1] in self.only]

    def run(self, until: str) -> list[tuple[str, Said]]:
        """Judges at every deadline that the core names, up to a wall clock: (when, what it said)."""
        found: list[tuple[str, Said]] = []
        while self.again_at is not None and self.again_at <= at(until):
            now = self.again_at
            found += [(now, said) for said in self._judge_at(now)]
        return found

    def ask(self, data: RequestData, clock: str, role: Role = "command_post", **more: Any) -> Verdict[Any]:
        """What is answered to a request; what is accepted holds from then on."""
        self.see()
        self.requests += 1
        claims = Claims(role=role, operation=OPERATION, mode=more.get("mode", "exercise"), post="alak")
        request: Request[Any] = Request(
            specversion="1.0", id=f"q{self.requests}", source="/posts/alak/devices/1",
            type=TYPE_OF[type(data)], time=at(clock), channel="web", data=data, operationid=OPERATION,
            postid="alak", recordedat=at(clock), actor="operator", claims=claims.to_text(),
        )  # fmt: skip
        verdict = self.core.decide_seeing(self.state, request, at(clock), Seen(self.picture, {}, {}))
        if verdict.reason is None:
            asked = RequestRef(offset=self.requests - 1, sha256="0" * 64)
            self._take(DecisionData(
                request=asked, knownat=at(clock), decider_version="test", outcome="accepted",
                facts=verdict.facts,
            ))  # fmt: skip
        return verdict

    def hear_own(self, source: str, number: int, outcome: Outcome) -> None:
        """Something that this source asked of reporting itself, as its decider is given it."""
        asked = RequestRef(
            offset=self.requests,
            sha256="0" * 64,
            source=source,
            sourceseq=number,
            postid="maulafa",
            mode="exercise",
        )
        self.requests += 1
        self._take(
            DecisionData(
                request=asked, knownat=at("06:00"), decider_version="test", outcome=outcome, facts=[]
            )
        )

    @property
    def standing(self) -> dict[str, AlertStand]:
        """Subject → its alert that stands, of the kinds that are told."""
        found = self.state.alerts.standing.values()
        return {each.raised.subject: each for each in found if each.kind in self.only}

    @property
    def totals(self) -> Counter[str]:
        """How often each word was said."""
        known = self.state.alerts.known
        return Counter(type(fact).__name__ for fact in self.facts if known[fact.alert_id].kind in self.only)

    def _judge_at(self, instant: str) -> list[Said]:
        seconds = (to_ms(instant) - to_ms(at("00:00"))) / 1000
        hours, rest = divmod(seconds, 3600)
        return self.judge(f"{int(hours):02d}:{int(rest // 60):02d}:{rest % 60:06.3f}")

    def _judged(self, now: str) -> Judged:
        return self.core.judge(self.picture, self.state, now, f"c0~{self.causes + 1}")

    def _hold(self, facts: Sequence[Fact], now: str) -> None:
        cause = Cause(vector={}, now=now, n=self.causes)
        self._take(DecisionData(
            request=None, knownat=now, decider_version="test", outcome="accepted", facts=list(facts),
            cause=cause,
        ))  # fmt: skip

    def _take(self, data: DecisionData[Any]) -> None:
        self.decided.append(data)
        self.state = self.core.evolve(self.state, data)
        self.facts += data.facts

    def _word(self, fact: Any) -> Said:
        words = {AlertRaised: "raised", AlertRevised: "revised", AlertRetracted: "retracted"}
        raised = self.state.alerts.known[fact.alert_id].raised
        return words[type(fact)], raised.kind, raised.subject

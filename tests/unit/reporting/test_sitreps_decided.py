"""SitReps: their order, their numbers, what stands in one, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from pamwal.contracts import field, scheduling
from pamwal.contracts.canonical import canonical, sha256_of
from pamwal.contracts.claims import REPORTING
from pamwal.contracts.reporting_alerts import AlertRaised
from pamwal.contracts.sitreps import (
    OTHERS_SIGNATURES_MAX,
    SIGNATURES_MAX,
    Change,
    PublishSitRep,
    SitRep,
    Superseded,
)
from pamwal.wire.core import Seen
from services.reporting.deciding.sitreps import publish
from services.reporting.picture.alerts import AlertBook
from services.reporting.sheets.chat import text_of
from services.reporting.sheets.report import Reporter
from services.reporting.sheets.tongues import TONGUES
from tests.unit.reporting.publishing import HEADS, VECTOR, Publisher, a_day, asking
from tests.unit.reporting.telling import BATU_PLAT, DAY, FIELD, POSTS, Teller, at, name_of


def close(teller: Teller, *posts: str, clock: str = "20:00") -> None:
    for post in posts:
        teller.observe(
            field.PostClosed, clock, post=post, postid=post, day=DAY, zone="Asia/Makassar", author="padal"
        )


def test_they_are_numbered_and_each_supersedes_the_one_before() -> None:
    publisher = Publisher(a_day())
    found = [publisher.publish(clock) for clock in ("10:00", "10:05", "10:10")]
    assert [(each.number, each.kind) for each in found] == [(1, "initial"), (2, "update"), (3, "update")]
    digests = [kept.sha256 for kept in publisher.book.published]
    assert [each.supersedes for each in found] == [
        None, Superseded(number=1, sha256=digests[0]), Superseded(number=2, sha256=digests[1]),
    ]  # fmt: skip


def test_it_supersedes_only_one_of_its_form_and_day() -> None:
    publisher = Publisher(a_day())
    publisher.publish("09:10")
    daily = publisher.publish("09:21", form="daily")
    second = publisher.publish("09:22")
    assert (daily.supersedes, daily.changes_since) == (None, None)
    assert second.supersedes == Superseded(number=1, sha256=publisher.book.published[0].sha256)
    yesterday = publisher.publish("09:23", form="daily", day="2024-10-02")
    assert (yesterday.supersedes, yesterday.changes_since) == (None, 2)
    again = publisher.publish("09:24", form="daily")
    assert again.supersedes == Superseded(number=2, sha256=publisher.book.published[1].sha256)
    assert again.changes_since == 4
    told = text_of(Reporter(TONGUES["id"], name_of, str).report(second, "0" * 64))
    assert "sejak laporan nomor 1" in told, "not since the daily between them"


def test_the_document_is_canonical_and_made_again_the_same() -> None:
    publisher = Publisher(a_day())
    seen = Seen(publisher.teller.picture(), VECTOR, HEADS)
    asked = asking(PublishSitRep())
    (fact,), (again,) = (
        publish(publisher.book, AlertBook(), asked, at("10:00"), Seen(picture, VECTOR, HEADS)).facts
        for picture in (seen.picture, publisher.teller.picture())
    )
    assert fact == again
    assert fact.sha256 == sha256_of(fact.document.encode())
    document = publisher.publish("10:00")
    assert canonical(document).decode() == fact.document
    assert (document.vector, document.heads) == (VECTOR, HEADS)
    assert (document.at, document.known_at, document.day) == (at("10:00"), at("10:00"), DAY)


def test_it_says_how_much_was_known() -> None:
    found = Publisher(a_day()).publish("09:05").completeness
    assert (found.heard, found.total, found.silent, found.open) == (1, 2, ["maulafa"], ["alak", "maulafa"])


def test_it_says_what_changed_since_the_last() -> None:
    publisher = Publisher(a_day())
    publisher.publish("09:10")
    publisher.teller.come("B", "r1", "09:05", recorded="09:20")
    changes = publisher.publish("09:21").changes
    assert Change(of="present", before=1, now=2) in changes
    assert Change(of="present", before=1, now=2, kecamatan="53.71.01") in changes
    assert publisher.publish("09:21").changes == []


def test_it_says_what_changed_since_the_last_of_its_form() -> None:
    """A daily report between two situation reports is no measure for the second."""
    publisher = Publisher(a_day())
    publisher.publish("09:10")
    publisher.teller.come("B", "r1", "09:05", recorded="09:20")
    assert publisher.publish("09:21", form="daily").changes == [], "the first of its form"
    assert Change(of="present", before=1, now=2) in publisher.publish("09:22").changes
    assert publisher.publish("09:23", form="daily").changes == []


def test_one_of_a_past_moment_tells_of_incidents_and_alerts_as_they_were() -> None:
    teller = a_day()
    happened(teller, "i1", "09:20")
    happened(teller, "i2", "09:40")
    teller.observe(
        field.IncidentAdvanced, "09:45", incident_id="i1", author="post", version=2, state="closed"
    )
    publisher = Publisher(teller)
    publisher.alerts.take(raised("a", since="09:15"))
    publisher.alerts.take(raised("b", since="09:40"))
    then = publisher.publish("10:00", at=at("09:30"))
    assert (then.incidents.open, then.incidents.by_state) == (1, {"reported": 1})
    assert [(row.incident_id, row.state) for row in then.incidents.rows] == [("i1", "reported")]
    assert then.alerts == {"no_show": 1}
    now = publisher.publish("10:00")
    assert (now.incidents.by_state, now.alerts) == ({"closed": 1, "reported": 1}, {"no_show": 2})


def raised(name: str, *, since: str) -> AlertRaised:
    return AlertRaised(
        id=f"{name}/0", version=1, alert_id=f"no_show-{name}", at=at(since), kind="no_show",
        subject=f"deployment/{name}", episode=at(since), since=at(since),
    )  # fmt: skip


def test_nobody_on_intel_is_placed_or_named_and_all_are_counted() -> None:
    publisher = Publisher(a_day())
    found = publisher.publish("09:10")
    assert found.strength.ordered == 3
    assert [each.strength.ordered for each in found.places] == [2]
    assert [each.strength.ordered for each in found.kecamatan] == [2]
    assert "SECRET" not in canonical(found).decode()


def test_nobody_who_holds_a_watch_or_reports_is_named() -> None:
    teller = a_day()
    teller.observe(
        field.WatchHandedOver, "08:00", postid="alak", watch_id="w1", from_="IPDA-SUTARJO", to="AIPDA-WAYAN",
        author="IPDA-SUTARJO",
    )  # fmt: skip
    text = canonical(Publisher(teller).publish("09:10")).decode()
    assert "SUTARJO" not in text
    assert "WAYAN" not in text


def overridden(teller: Teller, officer: str, role: scheduling.DeploymentRole = "guard") -> None:
    teller.tell(
        scheduling.DeploymentOrdered, deployment_id=f"late-{officer}", officer_id=officer, place="rally/r1",
        role=role, starts_at=at("09:00"), ends_at=at("11:00"), sprin="S/2", postid="alak",
        overridden=["insufficient_rest"], cause="nobody else was left",
    )  # fmt: skip


def test_rules_that_were_set_aside_are_listed_with_their_cause() -> None:
    teller = a_day()
    overridden(teller, "C")
    overridden(teller, "D", role="intel")
    (found,) = Publisher(teller).publish("09:10").overrides
    assert (found.officer_id, found.rules, found.cause) == (
        "C", ["insufficient_rest"], "nobody else was left",
    )  # fmt: skip
    teller.step(scheduling.DeploymentCancelled, "late-C", 2, cause="not needed")
    assert Publisher(teller).publish("09:10").overrides == []
    early = Publisher(a_day())
    overridden(early.teller, "C")
    assert early.publish("08:30").overrides == [], "it has not begun"


def happened(teller: Teller, incident_id: str, clock: str) -> None:
    teller.observe(
        field.IncidentReported, clock, request_id=incident_id, incident_id=incident_id, author="post",
        version=1, kind="traffic_jam", severity="moderate", kelurahan=BATU_PLAT,
    )  # fmt: skip


def test_incidents_are_told_without_who_sees_to_them() -> None:
    teller = a_day()
    happened(teller, "i1", "09:20")
    publisher = Publisher(teller)
    assert publisher.publish("09:10", at=at("09:10")).incidents.rows == [], "it was still to come"
    (found,) = publisher.publish("09:30").incidents.rows
    assert (found.incident_id, found.kind, found.kelurahan) == ("i1", "traffic_jam", BATU_PLAT)


def test_a_final_one_waits_for_every_post() -> None:
    teller = a_day()
    publisher = Publisher(teller)
    publisher.publish("12:00")
    close(teller, "alak")
    verdict = publisher.ask("20:30", kind="final")
    assert verdict.reason is not None
    assert (verdict.reason.code, [row.subject for row in verdict.reason.rows]) == ("posts_open", ["maulafa"])
    close(teller, "maulafa")
    found = publisher.publish("20:31", kind="final")
    assert (found.number, found.completeness.closed, found.completeness.open) == (2, 2, [])


def test_after_a_final_one_only_another_final_one_may_follow() -> None:
    teller = a_day()
    publisher = Publisher(teller)
    close(teller, *(post.post_id for post in POSTS))
    publisher.publish("20:30", kind="final")
    for kind in ("initial", "update", None):
        assert publisher.refused("20:31", kind=kind) == "illegal_transition"
    assert publisher.publish("20:32", kind="final").number == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "update"}, "illegal_transition"),
        ({"at": at("10:01")}, "not_yet"),
        ({"day": "2024-10-04"}, "not_yet"),
        ({"knowing": {f"{FIELD}-0": 8}}, "not_seen_yet"),
        ({"knowing": {"pamwal.other.decisions.v1-0": 1}}, "not_seen_yet"),
    ],
)
def test_what_cannot_be_published_is_refused(asked: dict[str, Any], code: str) -> None:
    publisher = Publisher(a_day())
    assert publisher.refused("10:00", **asked) == code
    assert publisher.publish("10:00", knowing={f"{FIELD}-0": 7}).number == 1


def test_each_form_and_day_begins_with_an_initial_one() -> None:
    publisher = Publisher(a_day())
    forms: list[Any] = ["situation", "daily", "weekly", "operation"]
    assert [publisher.publish("10:00", form=form).kind for form in forms] == ["initial"] * 4
    assert publisher.publish("10:00", form="daily", day="2024-10-02").kind == "initial"
    assert publisher.publish("10:00", form="daily").kind == "update"


def days_of(found: SitRep) -> list[str]:
    return [each.day for each in found.days]


def test_a_weekly_report_counts_seven_days_and_none_before_the_operation() -> None:
    publisher = Publisher(a_day())
    found = publisher.publish("10:00", form="weekly")
    assert (found.first_day, len(found.days), days_of(found)[-1]) == ("2024-09-27", 7, DAY)
    early = publisher.publish("10:00", form="weekly", day="2024-09-26")
    assert days_of(early) == ["2024-09-25", "2024-09-26"]


def test_a_report_of_the_operation_counts_each_of_its_days() -> None:
    found = Publisher(a_day()).publish("12:00", form="operation")
    assert (found.first_day, len(found.days)) == ("2024-09-25", 9)
    last = found.days[-1]
    assert (last.ordered, last.on_time, last.unknown, last.rallies) == (3, 1, 2, 1)
    assert found.days[0].ordered == 0


def test_a_signature_is_over_what_was_published_and_counts_once() -> None:
    publisher = Publisher(a_day())
    publisher.publish("10:00")
    sha256 = publisher.book.published[0].sha256

    def code(**asked: Any) -> str | None:
        reason = publisher.sign(**{"number": 1, "sha256": sha256, "kid": "k", "jws": "a..b", **asked}).reason
        return None if reason is None else reason.code

    assert code(number=2) == "unknown_sitrep"
    assert code(sha256="0" * 64) == "other_document"
    assert code() is None
    assert code() == "already_signed"
    assert code(jws="a..other") == "already_signed", "one of each key"


def test_others_leave_room_for_the_signatures_of_the_service_itself() -> None:
    publisher = Publisher(a_day())
    publisher.publish("10:00")
    sha256 = publisher.book.published[0].sha256

    def code(kid: str, service: str | None = None) -> str | None:
        reason = publisher.sign(service, number=1, sha256=sha256, kid=kid, jws=f"a..{kid}{service}").reason
        return None if reason is None else reason.code

    assert [code(f"other-{n}") for n in range(OTHERS_SIGNATURES_MAX)] == [None] * OTHERS_SIGNATURES_MAX
    assert code("more") == "too_large"
    own = SIGNATURES_MAX - OTHERS_SIGNATURES_MAX
    assert [code(f"own-{n}", REPORTING) for n in range(own)] == [None] * own
    assert code("own-more", REPORTING) == "too_large"
    assert code("own-0") == "not_yours", "nobody else signs as the service"


def test_a_key_that_others_named_first_keeps_the_service_from_nothing() -> None:
    publisher = Publisher(a_day())
    publisher.publish("10:00")
    sha256 = publisher.book.published[0].sha256
    assert publisher.sign(number=1, sha256=sha256, kid="k", jws="a..bad").reason is None
    assert publisher.sign(REPORTING, number=1, sha256=sha256, kid="k", jws="a..good").reason is None

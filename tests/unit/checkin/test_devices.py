"""Devices: invited, enrolled once, lost since then; what they said of the time since is kept and marked."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pamwal.contracts.claims import Claims
from pamwal.contracts.envelope import Verdict
from pamwal.contracts.field import (
    AckPoll,
    AdvanceIncident,
    AmendIncident,
    AttachToIncident,
    CallRoll,
    CheckIn,
    CheckInSquad,
    CheckOut,
    ClosePost,
    ConfirmWatch,
    CountAttendance,
    DeviceEnrolled,
    DeviceInvited,
    DeviceRevoked,
    EndPoll,
    EndRally,
    EnrolDevice,
    ErasePerson,
    EscalateIncident,
    HandOverWatch,
    Heartbeat,
    Invitation,
    InviteDevices,
    MergeIncident,
    Relieve,
    ReopenPost,
    ReportIncident,
    ResetSource,
    RevokeDevices,
    StartPoll,
    StartRally,
    StoredFile,
    UnmergeIncident,
    Void,
)
from services.checkin.core import DECIDE
from tests.unit.checkin.said import OPERATION, SIKUMANA, Heard, check_in, heartbeat, moment, request

CODE = hashlib.sha256(b"code").hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()
PHONE = "/posts/maulafa/devices/phone"
OWN = Claims(
    role="officer", operation=OPERATION, mode="exercise", post="maulafa", officer="NTT-0001", device="phone"
)


def invitation(device: str = "phone", code: str = CODE, until: str = "10:00") -> Invitation:
    return Invitation(device_id=device, code_sha256=code, expires_at=moment(until), officer_id="NTT-0001")


def invite(identity: str, *rows: Invitation, clock: str = "01:00", **more: Any) -> Any:
    return request(identity, clock, InviteDevices(invitations=list(rows) or [invitation()]), **more)


def enrol(identity: str, clock: str = "02:00", code: str = CODE, claims: Claims = OWN) -> Any:
    data = EnrolDevice(device_id="phone", code_sha256=code)
    return request(identity, clock, data, claims=claims, source=PHONE)


def revoke(
    identity: str, since: str | None, clock: str = "09:00", *, device: str = "phone", **more: Any
) -> Any:
    data = RevokeDevices(devices=[device], lost_since=moment(since) if since else None)
    return request(identity, clock, data, **more)


def source_of(device: str) -> str:
    return f"/posts/maulafa/devices/{device}"


def token_of(device: str) -> Claims:
    """The token of a PC of post Maulafa."""
    return Claims(role="command_post", operation=OPERATION, mode="exercise", post="maulafa", device=device)


def code_of(device: str) -> str:
    """The digest of a code of its own."""
    return hashlib.sha256(device.encode()).hexdigest()


PC = token_of("pc")


def invited_by(inviter: str | None, device: str, clock: str = "01:00") -> Any:
    """An invitation for `device` by the PC `inviter`, or by the post's own token."""
    row = Invitation(device_id=device, code_sha256=code_of(device), expires_at=moment("10:00"))
    more = {} if inviter is None else {"claims": token_of(inviter), "source": source_of(inviter)}
    return request(f"i-{device}", clock, InviteDevices(invitations=[row]), **more)


def enrolled(device: str, clock: str = "02:00") -> Any:
    data = EnrolDevice(device_id=device, code_sha256=code_of(device))
    return request(
        f"e-{device}-{clock}".replace(":", ""), clock, data, claims=token_of(device), source=source_of(device)
    )


def outcome(verdict: Verdict[Any]) -> str:
    return verdict.reason.code if verdict.reason else "accepted"


@pytest.mark.parametrize(
    ("occurred", "sent", "recorded", "marked"),
    [
        ("08:00", "08:01", "10:01", True),
        ("08:00", None, "10:01", True),
        ("08:00", "10:01", "10:01", True),
        ("08:00", None, "08:00", False),
        ("10:30", "10:30", "08:30", False),
    ],
    ids=["clock set back", "back-dated", "a queue that waited", "before", "clock ahead"],
)
def test_every_report_received_since_the_loss_is_marked_whatever_its_clocks_say(
    occurred: str, sent: str | None, recorded: str, marked: bool
) -> None:
    """Given a device that is lost since 09:00."""
    said = Heard()
    said.hear_all(invite("i"), enrol("e"), revoke("r", "09:00"))
    asked = check_in("a", occurred, sent=sent, recorded=recorded, claims=OWN, source=PHONE)
    codes = [each.code for each in said.hear(asked).warnings]
    assert ("device_lost" in codes) is marked


def test_an_invited_device_enrols_once_with_its_code() -> None:
    said = Heard()
    first = said.hear(invite("i"))
    assert [type(fact) for fact in first.facts] == [DeviceInvited]
    assert first.facts[0].version == 1
    assert outcome(said.hear(enrol("wrong", code=OTHER))) == "code_unknown"
    enrolled = said.hear(enrol("e"))
    assert [(type(fact), fact.officer_id, fact.version) for fact in enrolled.facts] == [
        (DeviceEnrolled, "NTT-0001", 2)
    ]
    assert outcome(said.hear(enrol("again"))) == "code_used"
    assert outcome(said.hear(invite("anew"))) == "device_enrolled"


def test_a_code_expires_by_the_edges_clock_and_is_replaced_by_a_new_one() -> None:
    said = Heard()
    said.hear(invite("i"))
    said.hear(invite("j", invitation(code=OTHER)))
    assert outcome(said.hear(enrol("old"))) == "code_unknown"
    assert outcome(said.hear(enrol("late", "10:00", OTHER))) == "code_expired"
    assert outcome(said.hear(enrol("in-time", "09:59", OTHER))) == "accepted"
    assert outcome(said.hear(invite("k", invitation("pc", until="01:00")))) == "malformed"


def test_no_two_devices_are_invited_with_one_code() -> None:
    """The digest of a code stands in the log, for every post to see."""
    said = Heard()
    said.hear(invite("i"))
    for identity, post, device in (("a", "oebobo", "pc-m"), ("b", "oebobo", "phone"), ("c", "maulafa", "pc")):
        refused = said.hear(invite(identity, invitation(device), post=post))
        assert (outcome(refused), refused.facts) == ("code_taken", [])
        assert refused.reason is not None
        assert "make a new random code" in str(refused.reason.possible)
    assert outcome(said.hear(invite("longer", invitation(until="11:00")))) == "accepted", "the same device"
    twins = said.hear(invite("d", invitation("x", code=OTHER), invitation("y", code=OTHER)))
    assert twins.reason is not None
    assert [(row.row, row.code) for row in twins.reason.rows] == [(1, "code_taken")]
    assert outcome(said.hear(enrol("e"))) == "accepted"
    assert outcome(said.hear(invite("used", invitation("pc")))) == "code_taken"


def test_invitations_stand_all_or_none_and_every_row_says_why() -> None:
    said = Heard()
    said.hear(invite("i"))
    said.hear(enrol("e"))
    verdict = said.hear(invite("j", invitation("new", OTHER), invitation("phone"), invitation("new", OTHER)))
    assert verdict.facts == []
    assert verdict.reason is not None
    assert [(row.row, row.code) for row in verdict.reason.rows] == [(1, "device_enrolled"), (2, "malformed")]


@pytest.mark.parametrize("since", ["05:00", None])
def test_what_a_lost_device_says_of_the_time_since_is_kept_and_marked(since: str | None) -> None:
    said = Heard()
    said.hear(invite("i"))
    said.hear(enrol("e"))
    revoked = said.hear(revoke("r", since))
    lost_at = since or "09:00"
    assert [(type(fact), fact.lost_since) for fact in revoked.facts] == [(DeviceRevoked, moment(lost_at))]
    before, after = ("04:59", "05:00") if since else ("08:59", "09:00")
    for clock, warned in ((before, False), (after, True)):
        verdict = said.hear(check_in(f"c{clock[1]}{clock[3:]}", clock, source=PHONE, claims=OWN))
        assert outcome(verdict) == "accepted"
        assert ("device_lost" in {each.code for each in verdict.warnings}) is warned, clock
    other = said.hear(check_in("pc", "23:00", source="/posts/maulafa/devices/pc"))
    assert "device_lost" not in {each.code for each in other.warnings}


def test_a_revoked_device_never_enrols_and_since_when_can_be_corrected() -> None:
    said = Heard()
    said.hear(invite("i"))
    said.hear(revoke("r", "05:00"))
    assert outcome(said.hear(enrol("e"))) == "device_revoked"
    assert outcome(said.hear(invite("j"))) == "device_revoked"
    assert said.hear(revoke("s", "06:00")).facts[0].version == 3
    assert not said.hear(check_in("c", "05:30", source=PHONE)).warnings
    never = said.hear(request("n", "09:00", RevokeDevices(devices=["unheard-of"])))
    assert [each.code for each in never.warnings] == ["early"]


ADDED = (
    CheckIn(officer_id="NTT-0001", place=SIKUMANA, method="gps"),
    CheckOut(officer_id="NTT-0001", place=SIKUMANA, method="gps"),
    Relieve(officer_id="NTT-0001", relieved_by="NTT-0002", place=SIKUMANA, method="manual"),
    CheckInSquad(present=["NTT-0001"], place=SIKUMANA, method="manual"),
    CallRoll(unit="Samapta", present=["NTT-0001"]),
    ReportIncident(incident_id="i-1", kind="fire", severity="minor", kelurahan="53.71.02.1008"),
)
"""Presence and incident reports: all that a lost device may add."""
REFUSED = (
    StartRally(rally_id="a"),
    EndRally(rally_id="a"),
    CountAttendance(rally_id="a", people=9),
    Void(observation="before/0", cause="wrong"),
    AdvanceIncident(incident_id="i-0", step="closed"),
    AmendIncident(incident_id="i-0", severity="minor"),
    EscalateIncident(incident_id="i-0", to="agency/polda"),
    MergeIncident(incident_id="i-0", duplicate_of="i-9"),
    UnmergeIncident(incident_id="i-0"),
    AttachToIncident(incident_id="i-0", attachment=StoredFile(sha256=CODE, size=9, media_type="image/jpeg")),
    Heartbeat(),
    InviteDevices(invitations=[Invitation(device_id="new", code_sha256=CODE, expires_at=moment("23:00"))]),
    RevokeDevices(devices=["1"]),
    ClosePost(day="2024-10-03", zone="Asia/Makassar"),
    ReopenPost(day="2024-10-03", zone="Asia/Makassar"),
    HandOverWatch(watch_id="w", from_="operator-1", to="operator-2"),
    ConfirmWatch(watch_id="w", answer="taken"),
    StartPoll(poll_id="p", window_min=5),
    AckPoll(poll_id="p", officer_id="NTT-0001"),
    EndPoll(poll_id="p"),
)


def test_each_request_of_the_field_is_either_added_by_a_lost_device_or_refused_to_it() -> None:
    never_by_a_device = {EnrolDevice, ErasePerson, ResetSource}
    assert {type(data) for data in (*ADDED, *REFUSED)} | never_by_a_device == set(DECIDE)


@pytest.mark.parametrize("data", ADDED, ids=lambda data: type(data).__name__)
@pytest.mark.parametrize("bound", [True, False], ids=["token of the device", "source of the device"])
def test_a_lost_device_adds_presence_and_incident_reports_marked(data: Any, bound: bool) -> None:
    said = Heard()
    said.hear(revoke("r", "05:00", device="pc"))
    claims = PC if bound else None
    verdict = said.hear(request("a", "10:00", data, claims=claims, source="/posts/maulafa/devices/pc"))
    assert outcome(verdict) == "accepted"
    assert "device_lost" in {each.code for each in verdict.warnings}


@pytest.mark.parametrize("data", REFUSED, ids=lambda data: type(data).__name__)
@pytest.mark.parametrize("bound", [True, False], ids=["token of the device", "source of the device"])
def test_a_lost_device_says_nothing_else(data: Any, bound: bool) -> None:
    """Neither by its token nor by a token of its post, and also not in the name of the time before."""
    said = Heard()
    said.hear(check_in("before", "03:00"))
    said.hear(revoke("r", "05:00", device="pc"))
    claims = PC if bound else None
    verdict = said.hear(
        request("a", "04:00", data, recorded="10:00", claims=claims, source="/posts/maulafa/devices/pc")
    )
    assert outcome(verdict) == "not_yours"
    assert verdict.reason is not None
    assert "device pc was revoked" in verdict.reason.message


def test_devices_that_a_lost_device_invited_fall_with_it_and_what_they_invited() -> None:
    """Given a PC that invited a second one, which invited a phone; then the first is lost."""
    said = Heard()
    said.hear_all(
        invited_by(None, "pc"), enrolled("pc"),
        invited_by("pc", "second"), enrolled("second"),
        invited_by("second", "phone"), enrolled("phone"),
        invited_by(None, "other"), enrolled("other"),
    )  # fmt: skip
    facts = said.hear(revoke("r", None, device="pc")).facts
    assert [(fact.device_id, fact.invited_by, fact.lost_since) for fact in facts] == [
        ("pc", None, moment("09:00")),
        ("second", "pc", moment("09:00")),
        ("phone", "second", moment("09:00")),
    ]
    for device, expected in (("phone", "not_yours"), ("second", "not_yours"), ("other", "accepted")):
        asked = heartbeat(f"beat-{device}", "10:00", claims=token_of(device), source=source_of(device))
        assert outcome(said.hear(asked)) == expected, device


def test_devices_enrolled_before_a_stated_loss_stay_and_open_invitations_fall() -> None:
    """Codes that are not used yet may lie on the lost PC itself."""
    said = Heard()
    said.hear_all(
        invited_by("pc", "before", clock="01:00"), enrolled("before", "02:00"),
        invited_by("pc", "open", clock="01:00"),
        invited_by("pc", "late", clock="01:00"), enrolled("late", "05:00"),
    )  # fmt: skip
    facts = said.hear(revoke("r", "05:00", device="pc")).facts
    assert [fact.device_id for fact in facts] == ["pc", "late", "open"]
    assert outcome(said.hear(enrolled("open", "09:30"))) == "device_revoked"
    again = said.hear(revoke("s", "01:30", device="pc")).facts
    assert [(fact.device_id, fact.version, fact.lost_since) for fact in again] == [
        ("pc", 2, moment("01:30")),
        ("before", 3, moment("01:30")),
        ("late", 4, moment("01:30")),
        ("open", 3, moment("01:30")),
    ]
    assert [fact.device_id for fact in said.hear(revoke("t", "03:00", device="pc")).facts] == ["pc"]


def test_who_may_ask_for_devices() -> None:
    said = Heard()
    plain = {"operation": OPERATION, "mode": "exercise"}
    for role, post, expected in (
        ("command_post", "maulafa", "accepted"),
        ("command_post", "oebobo", "not_yours"),
        ("ops_head", None, "accepted"),
        ("admin", None, "accepted"),
        ("field_commander", "maulafa", "not_yours"),
        ("officer", "maulafa", "not_yours"),
        ("viewer", None, "not_yours"),
    ):
        claims = Claims(role=role, post=post, officer="NTT-0001", **plain)  # type: ignore[arg-type]
        name = f"{role}-{post}"
        for asked in (
            invite(f"{name}-0", invitation(name, code_of(name)), claims=claims),
            revoke(f"{name}-1", "05:00", claims=claims),
        ):
            assert outcome(said.hear(asked)) == expected, (role, post)


def test_a_token_of_a_device_speaks_as_that_device_alone_and_enrols_nobody_else() -> None:
    said = Heard()
    said.hear(invite("i"))
    assert (
        outcome(said.hear(check_in("c", "03:00", claims=OWN, source="/posts/maulafa/devices/1")))
        == "not_yours"
    ), "from devices/1"
    assert outcome(said.hear(check_in("d", "03:00", claims=OWN, source=f"{PHONE}/camera"))) == "accepted"
    officer = Claims(role="officer", operation=OPERATION, mode="exercise", officer="NTT-0001", post="maulafa")
    assert outcome(said.hear(enrol("e", claims=officer))) == "not_yours", "the digest stands in the log"


def test_devices_are_a_posts_own() -> None:
    said = Heard()
    said.hear(invite("i"))
    said.hear(invite("j", invitation(code=OTHER), post="oebobo"))
    said.hear(revoke("r", "05:00", post="oebobo"))
    assert outcome(said.hear(enrol("e"))) == "accepted"
    assert not said.hear(check_in("c", "08:00", source=PHONE)).warnings

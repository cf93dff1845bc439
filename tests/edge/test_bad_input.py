"""What must be turned away, how it is said, and that it is counted."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from pamwal.edge.decode import contract_of, unknown_field_warnings
from pamwal.edge.issuer import Issuer
from tests.edge.house import REPORT, ROOT, House, a_house, check_in


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The body, if the answer is that problem."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["type"], body["status"]) == (f"urn:pamwal:problem:{code}", status)
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    "body", [b"", b"{", b"not json", b'{"id": "a"} {"id": "b"}', b"\xff\xfe", b'{"id": "\xff"}', b"[" * 5000]
)
async def test_a_body_that_is_not_json_is_400(house: House, body: bytes) -> None:
    problem_of(await house.post(body), 400, "undecodable")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"id": 7}, "$.id"),
        ({"id": "no spaces"}, "$.id"),
        ({"time": "yesterday"}, "$.time"),
        ({"time": "2024-02-31T00:00:00.000Z"}, "$.time"),
        ({"channel": "pigeon"}, "$.channel"),
        ({"source": "posko"}, "$.source"),
        ({"sourceseq": "1"}, "$.sourceseq"),
        ({"data": []}, "$.data"),
        ({"data": {"officer_id": "NTT-1", "place": "rally/r-1", "method": 5}}, "$.data.method"),
    ],
)
async def test_a_wrong_field_is_422_and_named(house: House, wrong: dict[str, Any], path: str) -> None:
    body = problem_of(await house.post(check_in("a") | wrong), 422, "malformed")
    assert body["path"] == path


async def test_a_missing_field_is_422_and_named(house: House) -> None:
    body = check_in("a")
    del body["data"]["officer_id"]
    assert "officer_id" in problem_of(await house.post(body), 422, "malformed")["detail"]


async def test_an_unknown_type_is_422(house: House) -> None:
    body = problem_of(await house.post(check_in("a", type="pamwal.field.sing.v1")), 422, "malformed")
    assert body["path"] == "$.type"


@pytest.mark.parametrize(
    ("path", "kind"),
    [("check-ins", "json"), ("batch", "json"), ("batch", "x-ndjson")],
)
async def test_a_packed_body_is_turned_away_with_what_to_do(house: House, path: str, kind: str) -> None:
    body = msgspec.json.encode([check_in("a")] if (path, kind) == ("batch", "json") else check_in("a"))
    headers = {**house.bearer(), "content-type": f"application/{kind}", "content-encoding": "gzip"}
    answer = await house.client.post(f"{ROOT}/{path}", content=gzip.compress(body), headers=headers)
    assert "without Content-Encoding" in problem_of(answer, 415, "packed")["detail"]
    assert answer.headers["accept-encoding"] == "identity"
    assert await house.requests() == []
    plain = {**headers, "content-encoding": "identity"}
    said = await house.client.post(f"{ROOT}/{path}", content=body, headers=plain)
    assert said.status_code in {200, 201}, said.text


async def test_unknown_fields_are_tolerated(house: House) -> None:
    body = check_in("a", mood="fine")
    body["data"]["shoe_size"] = 43
    answer = await house.post(body)
    assert answer.status_code == 201
    assert unknown_in(answer.json()) == ["$.data.shoe_size", "$.mood"]
    pending = await house.post({**body, "id": "b"}, prefer="respond-async")
    assert (pending.status_code, unknown_in(pending.json())) == (202, ["$.data.shoe_size", "$.mood"])
    refused = await house.post({**body, "subject": "other"})
    assert (refused.status_code, unknown_in(refused.json())) == (422, ["$.data.shoe_size", "$.mood"])
    plain = check_in("c", specversion="1.0", datacontenttype="application/json")
    rows = (await house.post([{**body, "id": "d"}, body, plain], path="/batch")).json()
    assert [unknown_in(row) for row in rows] == [["$.data.shoe_size", "$.mood"]] * 2 + [[]]


def unknown_in(answer: Any) -> list[str]:
    """The fields that an answer says were left out."""
    return [each["subject"] for each in answer.get("advice", ()) if each["code"] == "unknown_field"]


def test_an_unknown_field_of_many_rows_is_named_once() -> None:
    sites = [{"site_id": f"s-{number}", "pattern": "large"} for number in range(3)]
    body = msgspec.json.encode(check_in("a", data={"sites": sites}))
    warnings = unknown_field_warnings(body, contract_of("pamwal.scheduling.register_sites.v1").posted)
    assert [each.subject for each in warnings] == ["$.data.sites[0].pattern"]


@pytest.mark.parametrize("unreadable", [b"[" * 5000 + b"]" * 5000, b'"\xff"', b"1e999"])
async def test_what_nobody_can_read_in_an_unknown_field_harms_nothing(
    house: House, unreadable: bytes
) -> None:
    body = msgspec.json.encode(check_in("a"))[:-1] + b',"mood":' + unreadable + b"}"
    assert (await house.post(body)).status_code in {201, 400}


async def test_not_all_of_many_unknown_fields_are_named(house: House) -> None:
    incident = {
        "incident_id": "i", "kind": "fire", "severity": "minor", "kelurahan": "53.71.02.1001",
        "casualties": {"dead": 0, "gone": 1}, **{f"x{number}": 0 for number in range(1000)},
    }  # fmt: skip
    body = check_in("a", type=REPORT, data=incident)
    told = unknown_in((await house.post(body, path="/incidents")).json())
    assert (len(told), told[:2]) == (20, ["$.data.casualties.gone", "$.data.x0"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2024-10-03T09:15:00+08:00", "2024-10-03T01:15:00.000Z"),
        ("2024-10-03T01:15:00Z", "2024-10-03T01:15:00.000Z"),
        ("2024-10-02t22:15:00.123456-03:00", "2024-10-03T01:15:00.123Z"),
    ],
)
async def test_any_rfc_3339_time_is_taken_and_normalised(house: House, given: str, kept: str) -> None:
    assert (await house.post(check_in("a", time=given, sentat=given))).status_code == 201
    (record,) = await house.requests()
    stored = msgspec.json.decode(record.value)
    assert (stored["time"], stored["sentat"]) == (kept, kept)


async def test_the_same_moment_in_another_zone_is_the_same_request(house: House) -> None:
    first = await house.post(check_in("a", time="2024-10-03T09:15:00+08:00"))
    again = await house.post(check_in("a", time="2024-10-03T01:15:00Z"))
    assert again.content == first.content


async def test_five_megabytes_are_413(house: House) -> None:
    answer = await house.post(b"x" * 5_000_000)
    problem_of(answer, 413, "too_large")
    assert "fewer rows" not in answer.text, "a single request may have none"


async def test_five_megabytes_in_pieces_are_413_and_not_read_to_the_end(house: House) -> None:
    read = 0

    async def pieces() -> Any:
        nonlocal read
        for _ in range(80):
            read += 1
            yield b" " * 65_536

    answer = await house.client.post(
        "/guard/v1/operations/op/check-ins", content=pieces(), headers=house.bearer()
    )
    problem_of(answer, 413, "too_large")
    assert read < 20


async def test_a_request_that_fits_but_whose_record_does_not_is_413(house: House) -> None:
    body = check_in("a", subject="x")
    body["padding"] = "y" * 1_040_000
    assert (await house.post(body)).status_code == 201, "unknown fields are not kept"
    text = {"id": "b", "source": "/posts/posko", "time": body["time"], "channel": "app"}
    body = text | {
        "data": {"incident_id": "i", "kind": "crowd_clash", "severity": "minor", "kelurahan": "53.71.02.1001"}
    }
    body["data"]["pairs"] = ["walikota/1"] * 90_000
    assert (await house.post(body, path="/incidents")).status_code in (413, 422)


async def test_no_token_is_401_and_says_how(house: House) -> None:
    answer = await house.client.post("/guard/v1/operations/op/check-ins", json=check_in("a"))
    assert "Bearer" in problem_of(answer, 401, "no_token")["detail"]
    assert answer.headers["www-authenticate"] == 'Bearer realm="pamwal"'


async def test_an_expired_token_is_401_and_says_so(house: House) -> None:
    token = house.issuer.issue(
        role="command_post", operation="op", mode="exercise", subject="a", post="posko", lifetime_s=-10
    )
    answer = await house.post(check_in("a"), authorization=f"Bearer {token}")
    assert "expired" in problem_of(answer, 401, "expired_token")["detail"]
    assert "expired" in answer.headers["www-authenticate"]


async def test_a_token_of_a_stranger_is_401(house: House, tmp_path: Path) -> None:
    stranger = Issuer(tmp_path / "elsewhere")
    token = stranger.issue(role="admin", operation="*", mode="real", subject="a")
    answer = await house.post(check_in("a"), authorization=f"Bearer {token}")
    problem_of(answer, 401, "bad_token")


@pytest.mark.parametrize("given", ["Bearer", "Bearer x.y.z", "Basic YTpi", "pamwal_session x.y.z"])
async def test_what_is_no_token_is_401(house: House, given: str) -> None:
    problem_of(await house.post(check_in("a"), authorization=given), 401, "bad_token")


async def test_a_token_of_another_operation_is_403(house: House) -> None:
    answer = await house.post(check_in("a"), **house.bearer(operation="other"))
    problem_of(answer, 403, "wrong_operation")


async def test_more_than_the_limit_is_429_and_says_how_long(tmp_path: Path) -> None:
    async with a_house(tmp_path, requests_per_s=1.0) as house:
        token = house.bearer()
        for name in ("a", "b"):
            assert (await house.post(check_in(name), **token)).status_code == 201
        answer = await house.post(check_in("c"), **token)
        problem_of(answer, 429, "rate_limited")
        assert int(answer.headers["retry-after"]) >= 1
        renewed = house.issuer.issue(
            role="command_post",
            operation="op",
            mode="exercise",
            subject="bripka-a",
            post="posko",
            officer="NTT-0001",
            lifetime_s=999,
        )
        assert (await house.post(check_in("d"), authorization=f"Bearer {renewed}")).status_code == 429
        other = house.bearer(post="posko-2")
        assert (await house.post(check_in("e", post="posko-2"), **other)).status_code == 201


async def test_what_was_turned_away_is_counted_per_post(house: House) -> None:
    await house.post(b"{")
    await house.post(check_in("a", channel="pigeon"))
    await house.post(check_in("a"), **house.bearer(operation="other", post="posko-9"))
    await house.client.post("/guard/v1/operations/op/check-ins", content=b"{}")
    await house.post(check_in("fine"))
    assert house.edge.turned_away() == {
        ("op", "posko"): {"undecodable": 1, "malformed": 1},
        ("other", "posko-9"): {"wrong_operation": 1},
        ("unattributed", "unattributed"): {"no_token": 1},
    }
    text = (await house.operators("/metrics")).text
    assert 'pamwal_edge_turned_away_total{operation="op",post="posko",reason="undecodable"} 1.0' in text


async def test_nothing_that_was_turned_away_is_in_the_log(house: House) -> None:
    await house.post(b"{")
    await house.post(check_in("a", channel="pigeon"))
    assert await house.requests() == []


async def test_unknown_addresses_and_methods_are_problems(house: House) -> None:
    problem_of(await house.get("/nowhere"), 404, "not_found")
    problem_of(await house.post(check_in("a"), path="/nowhere"), 404, "not_found")
    answer = await house.get("/guard/v1/operations/op/check-ins")
    problem_of(answer, 405, "method_not_allowed")
    assert "POST" in answer.headers["allow"]


async def test_an_unexpected_error_is_a_500_that_shows_nothing_but_the_request_id(house: House) -> None:
    answer = await house.get("/guard/v1/broken", x_request_id="r-1")
    problem_of(answer, 500, "internal")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "r-1"


async def test_an_unexpected_error_in_a_hot_handler_is_a_500_too(house: House) -> None:
    assert house.edge.submit is not None
    house.edge.submit.intake.prepare = None  # type: ignore[method-assign,assignment]
    problem_of(await house.post(check_in("a")), 500, "internal")

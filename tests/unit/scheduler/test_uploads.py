"""Files in and out: a preview first, one answer a line, and the same file again changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from pamwal.bounded_queue import BoundedQueue
from pamwal.contracts.scheduling import CancelRally, RevertImport, TaskForce
from pamwal.edge.app import EdgeSpec
from pamwal.service import Process
from services.scheduler.app import edge_spec
from services.scheduler.core import SchedulerCore
from tests.unit.edges import an_edge
from tests.unit.scheduler.asked import ADMIN, OPERATION, OPS_HEAD, opening, order, orders, post_of
from tests.unit.scheduler.conftest import Desk

ROSTER = """officer_id;nama;pangkat;satuan;satgas;posko;keahlian
k-1;Personel Satu;BRIPKA;Sektor Oebobo;preventif;oebobo;traffic
k-2;Personel Dua;BRIPDA;Sektor Oebobo;preventif;oebobo;
k-3;;BRIPDA;Sektor Oebobo;preventif;oebobo;
k-4;Personel Empat;BRIPDA;Sektor Oebobo;moon;oebobo;
"""


@pytest.fixture
async def open_desk(desk: Desk) -> Desk:
    assert (await desk.say(opening(), by=ADMIN)).status_code == 201
    return desk


async def upload(desk: Desk, kind: str, text: str | bytes, **query: Any) -> httpx.Response:
    content = text.encode() if isinstance(text, str) else text
    asked = {"filename": f"{kind}.csv", "post": "oebobo", **query}
    words = [f"{name}={str(value).lower()}" for name, value in asked.items()]
    return await desk.post(f"/imports/{kind}?{'&'.join(words)}", content)


async def roster_of(desk: Desk) -> dict[str, str]:
    found = (await desk.read("/officers")).json()["officers"]
    return {each["officer_id"]: each["rank"] for each in found if not each.get("withdrawn")}


async def test_a_preview_says_line_by_line_and_writes_nothing(open_desk: Desk) -> None:
    answer = (await upload(open_desk, "roster", ROSTER)).json()

    assert answer["dry_run"] is True
    assert answer["counts"] == {"added": 2, "refused": 2}
    refused = {each["line"]: each for each in answer["lines"] if each["outcome"] == "refused"}
    assert refused[4]["column"]
    assert refused[5]["code"] == "unknown_satgas"
    assert await roster_of(open_desk) == {}


async def test_lines_are_counted_and_not_their_problems(open_desk: Desk) -> None:
    header, good = ROSTER.splitlines()[:2]
    answer = (await upload(open_desk, "roster", f"{header}\n{good}\nk-9;;;;;;\n")).json()
    assert answer["counts"] == {"added": 1, "refused": 1}
    assert len([each for each in answer["lines"] if each["outcome"] == "refused"]) > 1


async def test_posts_and_task_forces_are_known_by_name_too(desk: Desk) -> None:
    forces = [TaskForce(satgas_id="preventif", name="Satgas Preventif"), *(
        TaskForce(satgas_id=each, name="Satgas Dua") for each in ("a", "b")
    )]  # fmt: skip
    assert (await desk.say(opening(task_forces=forces), by=ADMIN)).status_code == 201
    header, good = ROSTER.splitlines()[:2]
    lines = [good.replace("preventif", name).replace("k-1", officer) for officer, name in (
        ("k-1", "satgas preventif"), ("k-2", "Satgas Dua"),
    )]  # fmt: skip
    answer = (await upload(desk, "roster", "\n".join([header, *lines]))).json()
    assert [(each["line"], each["outcome"]) for each in answer["lines"]] == [(2, "added"), (3, "refused")]


async def test_an_import_registers_and_the_same_file_again_changes_nothing(open_desk: Desk) -> None:
    first = (await upload(open_desk, "roster", ROSTER, dry_run=False)).json()
    again = (await upload(open_desk, "roster", ROSTER, dry_run=False)).json()

    assert first["counts"] == {"added": 2, "refused": 2}
    assert again["counts"] == {"unchanged": 2, "refused": 2}
    assert again["sha256"] == first["sha256"]
    assert [each["outcome"] for each in again["lines"]] == ["refused", "refused"]
    assert await roster_of(open_desk) == {"k-1": "BRIPKA", "k-2": "BRIPDA"}


async def test_a_changed_file_changes_and_with_remove_withdraws_who_is_missing(open_desk: Desk) -> None:
    await upload(open_desk, "roster", ROSTER, dry_run=False)
    changed = ROSTER.splitlines()[0] + "\nk-1;Personel Satu;AIPDA;Sektor Oebobo;preventif;oebobo;traffic\n"

    preview = (await upload(open_desk, "roster", changed, remove=True)).json()
    done = (await upload(open_desk, "roster", changed, remove=True, dry_run=False)).json()

    assert preview["counts"] == done["counts"] == {"changed": 1, "removed": 1}
    assert [(each["line"], each["subject"], each["outcome"]) for each in done["lines"]] == [
        (2, "k-1", "changed"),
        (0, "k-2", "removed"),
    ]


async def test_who_stands_in_a_line_that_is_refused_is_not_withdrawn(open_desk: Desk) -> None:
    await upload(open_desk, "roster", ROSTER.replace("k-3;;", "k-3;Personel Tiga;"), dry_run=False)
    without_k_1 = "\n".join(line for line in ROSTER.splitlines() if not line.startswith("k-1"))

    answer = (await upload(open_desk, "roster", without_k_1, remove=True)).json()

    assert answer["counts"] == {"unchanged": 1, "refused": 2, "removed": 1}
    assert [(each["line"], each["subject"]) for each in answer["lines"]] == [
        (3, "k-3"),
        (4, "k-4"),
        (0, "k-1"),
    ]


@pytest.mark.parametrize(
    "line", [";Personel Tiga;BRIPDA;u;preventif;oebobo;", "k 3;Personel Tiga;BRIPDA;u;preventif;oebobo;"]
)
async def test_nobody_is_withdrawn_while_a_line_does_not_say_whom_it_is_about(
    open_desk: Desk, line: str
) -> None:
    await upload(open_desk, "roster", ROSTER, dry_run=False)
    unclear = "\n".join([*ROSTER.splitlines()[:2], line])

    answer = (await upload(open_desk, "roster", unclear, remove=True)).json()

    assert answer["counts"] == {"unchanged": 1, "refused": 1}
    assert [each["line"] for each in answer["notes"]] == [3]


async def test_an_nrp_stands_in_for_no_id_where_the_file_has_ids(open_desk: Desk) -> None:
    text = "id_personel;nama;nrp;pangkat;satuan;satgas;posko\n;Personel Satu;8504;BRIPKA;u;preventif;oebobo\n"

    answer = (await upload(open_desk, "roster", text)).json()

    assert answer["counts"] == {"refused": 1}
    assert [(each["column"], each["message"]) for each in answer["lines"]] == [("id_personel", "is blank")]


async def test_a_post_withdraws_only_its_own(open_desk: Desk) -> None:
    rows = ROSTER.splitlines()
    await upload(open_desk, "roster", "\n".join([*rows[:3], rows[1].replace("k-1", "a-1")]), dry_run=False)
    await upload(open_desk, "roster", "\n".join([rows[0], "b-1;B;B;u;gakkum;alak;"]), dry_run=False)

    answer = await open_desk.post(
        "/imports/roster?filename=r.csv&remove=true",
        "\n".join(rows[:2]).encode(),
        by=post_of("oebobo"),
    )

    assert answer.json()["counts"] == {"unchanged": 1, "removed": 2}


async def test_a_roster_goes_out_and_comes_back_the_same(open_desk: Desk) -> None:
    await upload(open_desk, "roster", ROSTER, dry_run=False)
    for form in ("csv", "xlsx"):
        file = await open_desk.read(f"/exports/roster.{form}")
        assert b"Personel" not in file.content
        answer = (await upload(open_desk, "roster", file.content, filename=f"r.{form}")).json()
        assert answer["counts"] == {"unchanged": 2}, (form, answer["lines"])
    file = (await open_desk.read("/exports/roster.csv")).text.splitlines()
    cells = file[1].split(",")
    cells[file[0].split(",").index("telepon")] = "0812-0000-0001"

    answer = (await upload(open_desk, "roster", "\n".join([file[0], ",".join(cells)]))).json()

    assert [(each["outcome"], each["column"]) for each in answer["lines"]] == [("refused", "nama")]


async def test_an_import_is_undone_by_its_id(open_desk: Desk) -> None:
    await upload(open_desk, "roster", ROSTER, dry_run=False)
    changed = ROSTER.replace("BRIPKA", "AIPDA")
    done = (await upload(open_desk, "roster", changed, dry_run=False)).json()
    assert await roster_of(open_desk) == {"k-1": "AIPDA", "k-2": "BRIPDA"}

    back = await open_desk.say(RevertImport(import_id=done["import_id"], cause="wrong file"))

    assert back.status_code == 201
    assert await roster_of(open_desk) == {"k-1": "BRIPKA", "k-2": "BRIPDA"}


async def test_an_import_cut_and_sent_again_under_its_id_is_undone_as_one(open_desk: Desk) -> None:
    half = "\n".join(ROSTER.splitlines()[:2]) + "\n"
    await upload(open_desk, "roster", half, dry_run=False, import_id="r-1")
    again = (await upload(open_desk, "roster", ROSTER, dry_run=False, import_id="r-1")).json()
    assert again["counts"] == {"added": 1, "unchanged": 1, "refused": 2}

    assert (await open_desk.say(RevertImport(import_id="r-1", cause="wrong file"))).status_code == 201

    assert await roster_of(open_desk) == {}


ORDERS = """kode_plotting;id_personel;tempat;tugas;mulai;selesai;sprin
d1;k-1;rally/oebobo-1;penjagaan;2024-10-03 16:00;2024-10-03 18:00;S1
d2;k-1;rally/lasiana-1;penjagaan;2024-10-03 17:00;2024-10-03 19:00;S2
d3;k-2;rally/lasiana-1;penjagaan;2024-10-03 17:00;2024-10-03 19:00;S2
"""


async def test_a_preview_of_orders_sees_the_lines_before_it_as_the_import_does(planned_desk: Desk) -> None:
    preview = (await upload(planned_desk, "orders", ORDERS)).json()
    done = (await upload(planned_desk, "orders", ORDERS, dry_run=False)).json()

    assert preview["counts"] == {"added": 2, "refused": 1}
    assert preview["lines"] == done["lines"]
    assert [each["code"] for each in done["lines"] if each["line"] == 3] == ["double_booked"]


async def test_a_plan_goes_out_and_comes_back_the_same(planned_desk: Desk) -> None:
    for form in ("csv", "xlsx", "ics"):
        file = await planned_desk.read(f"/exports/plan.{form}")
        assert file.status_code == 200
        answer = (await upload(planned_desk, "plan", file.content, filename=f"plan.{form}")).json()
        assert answer["counts"] == {"unchanged": 2}, (form, answer["lines"])


async def test_a_calendar_calls_off_what_was_cancelled(planned_desk: Desk) -> None:
    await planned_desk.say(orders(order("d-1")))
    before = {
        subject: {str(each["UID"]): each for each in await events_of(planned_desk, subject)}
        for subject in ("plan", "orders")
    }
    await planned_desk.say(CancelRally(rally_id="oebobo-1", cause="rain"))

    for subject, uid in (
        ("plan", f"rally-oebobo-1@{OPERATION}.exercise.pamwal"),
        ("orders", f"deployment-d-1@{OPERATION}.exercise.pamwal"),
    ):
        (event,) = [each for each in await events_of(planned_desk, subject) if each["UID"] == uid]
        assert (before[subject][uid]["STATUS"], event["STATUS"]) == ("CONFIRMED", "CANCELLED")
        assert event["SEQUENCE"] > before[subject][uid]["SEQUENCE"]
        assert event["SUMMARY"].startswith("LATIHAN · ")
        assert event["LOCATION"] == "Lapangan"
        assert event["DTSTAMP"].dt > event["DTSTART"].dt, "when the file was written, years after the rally"


async def events_of(desk: Desk, subject: str) -> list[Any]:
    """The entries of an exported calendar, as a library reads them that knows nothing of ours."""
    calendar = Calendar.from_ical((await desk.read(f"/exports/{subject}.ics")).content)
    assert "LATIHAN" in calendar["X-WR-CALNAME"]
    return calendar.walk("VEVENT")


async def test_a_file_that_is_none_is_refused_with_a_sentence(open_desk: Desk) -> None:
    empty = await upload(open_desk, "roster", b"")
    noise = await upload(open_desk, "roster", b"\x00\x01\x02\xff" * 100, filename="roster.xlsx")

    assert empty.status_code == 400
    assert noise.status_code == 422
    assert len(noise.json()["detail"]) > 20


async def test_a_template_is_to_be_had(open_desk: Desk) -> None:
    for kind in ("roster", "plan"):
        found = await open_desk.get(f"/scheduler/v1/templates/{kind}.xlsx", by=OPS_HEAD)
        assert found.status_code == 200
        assert found.content.startswith(b"PK")


async def test_an_admin_keeps_the_roster_and_no_orders(planned_desk: Desk) -> None:
    """He may ask for neither plan nor orders; and the orders' file names who is on `intel`."""
    for path, status in (
        ("/exports/roster.csv", 200),
        ("/exports/plan.csv", 200),
        ("/exports/orders.csv", 403),
    ):
        assert (await planned_desk.read(path, by=ADMIN)).status_code == status, path
    for kind, code in (("roster", "wrong_header"), ("plan", "wrong_role"), ("orders", "wrong_role")):
        answer = await planned_desk.post(f"/imports/{kind}?filename=p.csv", ORDERS, by=ADMIN)
        assert answer.json()["code"] == code, (kind, answer.text)
    assert (await planned_desk.post("/proposals", b"{}", by=ADMIN)).status_code == 403


async def test_a_post_does_not_import_plans(open_desk: Desk) -> None:
    headers_of_post = post_of("oebobo")
    answer = await open_desk.post("/imports/plan?filename=p.csv", b"x", by=headers_of_post)

    assert answer.status_code == 403


async def test_imported_orders_again_change_nothing_and_are_undone_by_their_id(planned_desk: Desk) -> None:
    await upload(planned_desk, "orders", ORDERS, dry_run=False, import_id="o-1")
    again = (await upload(planned_desk, "orders", ORDERS, dry_run=False)).json()
    assert again["counts"] == {"unchanged": 2, "refused": 1}

    back = await planned_desk.say(RevertImport(import_id="o-1", cause="wrong file", begun=True))

    assert back.status_code == 201
    read = await planned_desk.read("/deployments?live=true", after=back)
    assert read.json()["deployments"] == []


async def test_exports_beyond_those_that_may_wait_are_told_to_come_again(tmp_path: Path) -> None:
    def spec_of(process: Process) -> EdgeSpec:
        return edge_spec(process, exports=BoundedQueue(0, 0, 5))

    async with an_edge(tmp_path, spec_of, SchedulerCore()) as running:
        desk = Desk(running.log, running.client, running.issuer)
        assert (await desk.say(opening(), by=ADMIN)).status_code == 201

        for path in ("roster.csv", "plan.ics", "orders.xlsx"):
            answer = await desk.read(f"/exports/{path}", by=OPS_HEAD)
            assert (answer.status_code, answer.json()["code"]) == (503, "busy"), path
            assert answer.headers["retry-after"] == "5"

"""A published SitRep is folded again years later: whoever changes what a picture gives raises its version."""

from __future__ import annotations

from pamwal.contracts import field
from pamwal.contracts.canonical import canonical, sha256_of
from services.reporting.picture import PICTURE_VERSION
from tests.unit.reporting.publishing import Publisher
from tests.unit.reporting.telling import BATU_PLAT, OEPURA, Teller

KNOWN = {
    "picture/1": "ecfa352df24836ec34fb5f98fb41f091a2d9ded6df67a931e4d168278960c385",
    "picture/2": "8f9a5398aeadef18e285bc375c6ab6baa61bd85c4809bc7ddcf508822fee1bae",
    "picture/3": "b708b8020f76d9fea35d1803b6af2e5a1539c870ba386582730de9b64b7bd497",
    "picture/4": "23d742ee34920aac3c46a684ec3d3fde5eea3cb6fc7746fddaa75ce0672052b0",
    "picture/5": "63fff4f9ba87142848debb53e1fa10119a0fa319e21828f7c1752945017edd44",
    "picture/6": "54997c267fe9308551b4de32d98c176ad3693160782185efe56597099ab57224",
    "picture/7": "0e04fb09e41156c47b0dc142111c3783d2937429fcb890ba0e2f6245bb8defe9",
    "picture/8": "199be059b73063813420e14a2e84dc7e5b3ddc0a99edf8e9e88f521db3737a99",
    "picture/9": "028c13745a0919d7af4f91818a9edb0d6b1e44f4605b0ad5ae594807da073f2c",
    "picture/10": "d0808811f20f97ded3e91c57a07e2a04f5ef011fc5ef1c5f20cdcb2ebae8cd51",
}
"""Version → digest of the SitRep below. A line is added, never changed."""


def told() -> Teller:
    """A day with something of everything that is counted."""
    teller = Teller()
    teller.open()
    teller.register("A", "B", "C", "D", "E", "SECRET")
    teller.plan("r1", "09:00", "11:00", expected=300)
    teller.plan("r2", "09:30", "12:00", kelurahan=OEPURA, receipt=False)
    teller.guard("s1", "08:00", "20:00")
    for officer in ("A", "B", "C"):
        teller.order(officer, "r1", "09:00", "11:00")
    teller.order("D", "site/s1", "08:00", "20:00")
    teller.order("SECRET", "r2", "09:30", "12:00", role="intel")
    teller.reserve("E", "r2", "09:30", "12:00")
    teller.come("A", "r1", "08:55")
    teller.come("B", "r1", "09:20")
    teller.come("D", "r1", "08:10")
    teller.call("08:30", ["A"], {"C": "sakit"})
    teller.observe(field.AttendanceCounted, "09:40", rally_id="r1", people=250, author="padal")
    teller.observe(
        field.IncidentReported, "09:41", request_id="i1", incident_id="i1", author="post", version=1,
        kind="traffic_jam", severity="moderate", kelurahan=BATU_PLAT, casualties=field.Casualties(injured=1),
    )  # fmt: skip
    teller.beat("alak", "09:44", queue=2, highest={"/posts/alak/devices/app": 40})
    return teller


def test_what_a_picture_gives_for_the_same_facts_is_its_version() -> None:
    publisher = Publisher(told())
    publisher.publish("09:10", form="weekly")
    digest = sha256_of(canonical(publisher.publish("09:45")))
    assert KNOWN.get(PICTURE_VERSION) == digest, (
        "a SitRep of the same facts is another now, so those published before cannot be folded again by this"
        f" code: raise PICTURE_VERSION and add it here with {digest}"
    )

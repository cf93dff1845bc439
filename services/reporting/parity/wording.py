"""What the audit says in plain words, in Indonesian and English, and what it cannot say. Pure."""

from __future__ import annotations

from typing import Final

from pamwal.contracts.parity import ParityTest, Sentence
from services.reporting.parity.measures import Measure


def comparison_says(test: ParityTest, measure: Measure, comparisons: int) -> Sentence:
    """One comparison in a sentence or two: how much, of how many, and how often chance alone does that."""
    words = measure.more if test.difference > 0 else measure.less
    number = test.pair.rpartition("/")[2]
    means_id = f"rata-rata {_in_id(test.mean)} dibanding {_in_id(test.others_mean)} {measure.unit[0]}"
    means_en = f"{_in_en(test.mean)} against {_in_en(test.others_mean)} {measure.unit[1]} on average"
    rallies_id, rallies_en = f"{test.rally_days} kegiatan", f"{test.rally_days} rallies"
    if test.difference == 0:
        return Sentence(
            id=f"Paslon {number} sama dengan yang lain: {means_id}, {rallies_id}.",
            en=f"Pair {number} is like the others: {means_en}, {rallies_en}.",
        )
    much = "" if test.percent is None else f"{abs(test.percent):.0f} % "
    once = round(1 / test.p)
    chance_id = f"dalam 1 dari {_in_id(once)} kemungkinan" if once > 1 else "hampir selalu"
    chance_en = f"in 1 of {once:,}" if once > 1 else "nearly always"
    after_id = "tetap menyolok" if test.flagged else "tidak menyolok"
    after_en = "it stands" if test.flagged else "it is nothing unusual"
    return Sentence(
        id=f"Paslon {number} {words[0].format(much)} daripada yang lain ({means_id}, {rallies_id}); kebetulan"
        f" saja memberi selisih sebesar ini {chance_id}. Di antara {comparisons} perbandingan {after_id}.",
        en=f"Pair {number} {words[1].format(much)} than the others ({means_en}, {rallies_en}); chance alone"
        f" gives a difference this large {chance_en}. Among {comparisons} comparisons {after_en}.",
    )


def audit_says(flagged: list[ParityTest], comparisons: int, rally_days: int, alpha: float) -> Sentence:
    """The whole audit in one or two sentences; `flagged` in the order in which pairs are named."""
    if not comparisons:
        return Sentence(
            id=f"Tidak ada yang dapat dibandingkan: {rally_days} kegiatan, kurang dari dua paslon atau tanpa"
            " perbedaan.",
            en=f"There is nothing to compare: {rally_days} rallies, fewer than two pairs or no difference.",
        )
    if not flagged:
        return Sentence(
            id=f"Tidak ada perbedaan antarpaslon yang melebihi kebetulan di antara {comparisons} perbandingan"
            f" atas {rally_days} kegiatan. Ini bukan bukti bahwa semuanya sama.",
            en=f"No difference between pairs beyond chance among {comparisons} comparisons over {rally_days}"
            " rallies. That does not prove that all were treated alike.",
        )
    pairs = ", ".join(dict.fromkeys(test.pair for test in flagged))
    share = f"{100 * alpha:.0f} %"
    return Sentence(
        id=f"{len(flagged)} dari {comparisons} perbandingan melebihi kebetulan ({pairs}); bila semua paslon"
        f" diperlakukan sama, satu pun jarang muncul: paling sering {share}. Sebabnya tidak diketahui.",
        en=f"{len(flagged)} of {comparisons} comparisons are beyond chance ({pairs}); were all pairs treated"
        f" alike, even one would appear in at most {share} of audits. Why, these numbers do not say.",
    )


CAUTIONS: Final = (
    Sentence(
        id="Setiap paslon dibandingkan dengan semua yang lain bersama-sama: satu paslon yang jauh berbeda"
        " membuat yang lain tampak sedikit berbeda ke arah sebaliknya.",
        en="Each pair is held against all others together: one that is far off makes the others differ a"
        " little the other way.",
    ),
    Sentence(
        id="Perbedaan bukan bukti niat: tempat, jam, luas lokasi dan penilaian kerawanan berbeda"
        " antarkegiatan dan tidak diperhitungkan.",
        en="A difference is no proof of intent: place, hour, size of the venue and assessed risk differ"
        " between rallies and are not adjusted for.",
    ),
    Sentence(
        id="Perkiraan massa berasal dari pemberitahuan tim kampanye sendiri; siapa menaksir terlalu tinggi"
        " tampak kekurangan personel.",
        en="Expected attendance is what a campaign itself gave notice of; who overstates it seems short of"
        " officers.",
    ),
    Sentence(
        id="Uji ini menganggap hari dan kegiatan dapat dipertukarkan antarpaslon; jadwal KPU yang memberi"
        " satu paslon hari atau wilayah tertentu melanggarnya.",
        en="The test takes rally-days as exchangeable between pairs; a schedule that gives one pair certain"
        " days or areas breaks that.",
    ),
    Sentence(
        id="Personel dihitung menurut perintah, bukan menurut yang hadir; keterlambatan dan ketidakhadiran"
        " hanya dari yang dilaporkan.",
        en="Officers are counted as ordered, not as present; lateness and absence only as far as reported.",
    ),
    Sentence(
        id="Kejadian dihitung di kegiatan tempat terjadinya; lebih banyak kejadian dapat berarti massa yang"
        " lebih besar atau laporan yang lebih rajin.",
        en="Incidents are counted at the rally where they happened; more of them may mean bigger crowds or"
        " more diligent reports.",
    ),
    Sentence(
        id="Kegiatan bersama beberapa paslon, debat, dan kegiatan yang batal atau belum mulai tidak ikut"
        " dibandingkan.",
        en="Rallies of several pairs, debates, and rallies cancelled or not begun are in no comparison.",
    ),
)


def _in_id(number: float) -> str:
    """`1.234,5`."""
    return _in_en(number).translate(str.maketrans(",.", ".,"))


def _in_en(number: float) -> str:
    """`1,234.5`; whole numbers without decimals, small ones with two."""
    if number == round(number):
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) < 10 else f"{number:,.1f}"

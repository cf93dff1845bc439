"""What a browser is shown in place of a problem document, in the board's look."""

from __future__ import annotations

from pamwal.contracts.errors import AccessDenied, HttpProblem, Misdirected
from pamwal.edge.http import Reply
from pamwal.edge.problems import headers_of, problem_of
from services.reporting import problem_words
from services.reporting.known_names import UnknownName
from services.reporting.page import denied_reply, page_reply, rendered
from services.reporting.where import NotFolded


def problem_page(error: Exception) -> Reply:
    """The page of an error: one that asks again by itself, one that says where to ask, or what was wrong."""
    if isinstance(error, Misdirected):
        page = rendered("elsewhere.html", shard=error.shard, partition=error.partition)
        return page_reply(error.status, page, error.headers)
    if isinstance(error, AccessDenied) and error.status == 401:
        return denied_reply(error)
    if isinstance(error, HttpProblem) and "retry-after" in dict(error.headers) and error.status == 503:
        taken, about = (error.taken, error.about) if isinstance(error, NotFolded) else (0, 0)
        why = problem_words.WAITING.get(error.code, problem_words.WAIT)
        page = rendered("waiting.html", taken=min(taken, about), about=about, why=why)
        return page_reply(error.status, page, error.headers)
    told = problem_of(error)
    title, advice = problem_words.PROBLEMS.get(told.code) or problem_words.PROBLEM_OF.get(
        told.status, problem_words.PROBLEM
    )
    if isinstance(error, UnknownName):
        title, advice = problem_words.unknown_name(error.parameter, error.asked, error.near, error.count)
    page = rendered("problem.html", title=title, advice=advice, problem=told)
    headers = tuple((name.decode(), value.decode()) for name, value in headers_of(error))
    return page_reply(told.status, page, headers)

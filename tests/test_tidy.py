"""House rules no other tool checks. A rule that is not a test is not a rule.

Each rule takes the tree's root and its files and returns one line for each breach; the line says what to do.
The tests at the end show, on small trees of their own, that each rule can fail.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
THIS_FILE = Path(__file__).resolve().relative_to(REPOSITORY)

Rule = Callable[[Path, Iterable[Path]], Iterator[str]]

MACHINE_PATH = re.compile(r"(?<![\w.~/}-])/(?:work|root|(?:home|Users)/[A-Za-z_][\w.-]*)(?![\w.-])")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|repo1?\.maven\.(?:apache\.)?org"
    r"|proxy\.golang\.org|crates\.io|conda\.anaconda\.org"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME)\b")
SLEEP = re.compile(r"\btime\.sleep\(|from time import .*\bsleep\b")

NAMES_THAT_NAME_NOTHING = {
    "base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
}  # fmt: skip
SOURCE_SUFFIXES = {".py", ".ts"}
FILES_OF_A_SERVICE = {
    "README.md", "__init__.py", "__main__.py", "app.py", "reads.py", "requests.py", "settings.py",
    "worker.py",
}  # fmt: skip


def files_of(root: Path) -> list[Path]:
    """Every file git knows or would take, relative to the root; without git, all but hidden folders."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [Path(line) for line in listed.stdout.splitlines()]
        return [path for path in found if (root / path).is_file() or (root / path).is_symlink()]
    found = [path.relative_to(root) for path in root.rglob("*") if path.is_file() or path.is_symlink()]
    return [path for path in found if not any(part.startswith(".") for part in path.parts[:-1])]


def lines_of(root: Path, path: Path) -> list[str]:
    """The file's lines, none for a link, a picture or another binary file."""
    if (root / path).is_symlink():
        return []
    try:
        return (root / path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def found(pattern: re.Pattern[str], root: Path, files: Iterable[Path], lesson: str) -> Iterator[str]:
    """One line for each line of a file that the pattern is found in."""
    for path in files:
        for number, line in enumerate(lines_of(root, path), start=1):
            if match := pattern.search(line):
                yield f"{path}:{number}: {match.group(0)!r}: {lesson}"


# -- the rules ---------------------------------------------------------------------------------------------


def no_machine_path(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """A path of one machine means nothing on another."""
    return found(
        MACHINE_PATH, root, files, "a path of one machine; derive it from __file__, or take it as a setting"
    )


def no_registry_host(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """Where packages come from is the machine's business: a mirror must do as well."""
    return found(
        REGISTRY_HOST,
        root,
        files,
        "a package registry's host; lock files and docs name packages, not servers",
    )


def no_link(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """A link leads elsewhere on another machine, and takes the place of what is there."""
    for path in files:
        if (root / path).is_symlink():
            yield f"{path}: is a link; keep the file itself, and what is of one machine out of the repository"


def nothing_unfinished(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """What is not done is not in the code."""
    return found(UNFINISHED, root, files, "do it now, or write it down where work is planned")


def no_sleep_in_tests(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """A sleep is too short on a slow machine and too long on all others."""
    tests = [path for path in files if path.parts[0] == "tests" and path.suffix == ".py"]
    return found(SLEEP, root, tests, "wait for what you wait for: an event, or a condition with a deadline")


def names_that_name(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """A module's name says what it is about."""
    for path in files:
        if path.suffix not in SOURCE_SUFFIXES:
            continue
        for part in (*path.parts[:-1], path.stem):
            if part.lower() in NAMES_THAT_NAME_NOTHING:
                yield f"{path}: '{part}' says nothing about what is in it; name the thing it is about"


def services_alike(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """Who knows one service knows all."""
    in_services = [path for path in files if path.parts[0] == "services" and len(path.parts) > 2]
    for service in sorted({path.parts[1] for path in in_services}):
        has = {path.name for path in in_services if path.parts[1] == service and len(path.parts) == 3}
        for missing in sorted(FILES_OF_A_SERVICE - has):
            yield f"services/{service}: {missing} is missing; all services have the same files, each one job"


def decisions_numbered_once(root: Path, files: Iterable[Path]) -> Iterator[str]:
    """The number of a decision names one page."""
    named: dict[str, Path] = {}
    for path in sorted(files):
        if path.parts[:2] != ("docs", "decisions"):
            continue
        number = path.name.partition("-")[0]
        if number in named:
            yield f"{path}: {named[number].name} has this number; take the next free one"
        named.setdefault(number, path)
        if not any(line.startswith(f"# {int(number)}. ") for line in lines_of(root, path)[:1]):
            yield f"{path}: its title does not begin with its number: '# {int(number)}. '"


RULES: list[Rule] = [
    no_machine_path,
    no_registry_host,
    no_link,
    nothing_unfinished,
    no_sleep_in_tests,
    names_that_name,
    services_alike,
    decisions_numbered_once,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_tidy(rule: Rule) -> None:
    # This file quotes what it forbids.
    files = [path for path in files_of(REPOSITORY) if path != THIS_FILE]
    breaches = list(rule(REPOSITORY, files))
    assert not breaches, f"{rule.__doc__}\n" + "\n".join(breaches)


# -- each rule can fail, and passes what it should ---------------------------------------------------------

A_SERVICE = {f"services/good/{name}": "" for name in FILES_OF_A_SERVICE}

BREACHES: list[tuple[Rule, dict[str, str], str]] = [
    (no_machine_path, {"docs/a.md": "see\n" + "/" + "root/notes"}, "docs/a.md:2: '/root'"),
    (no_machine_path, {"pamwal/a.py": "DATA = '/home/ana/data'"}, "pamwal/a.py:1: '/home/ana'"),
    (no_machine_path, {"a.toml": "x = '/" + "work/main'"}, "a path of one machine"),
    (no_registry_host, {"web/package-lock.json": "https://registry.npmjs" + ".org/x"}, "registry's host"),
    (
        no_registry_host,
        {"deploy/Dockerfile": "--index-url https://pypi" + ".org/simple"},
        "deploy/Dockerfile:1",
    ),
    (no_link, {".venv": "-> ../elsewhere"}, ".venv: is a link"),
    (nothing_unfinished, {"pamwal/a.py": "# TODO: later"}, "do it now"),
    (no_sleep_in_tests, {"tests/unit/test_a.py": "time.sleep(1)"}, "tests/unit/test_a.py:1"),
    (no_sleep_in_tests, {"tests/test_a.py": "from time import monotonic, sleep"}, "deadline"),
    (names_that_name, {"pamwal/edge/utils.py": ""}, "'utils' says nothing"),
    (names_that_name, {"services/checkin/common/rules.py": ""}, "'common' says nothing"),
    (services_alike, {"services/new/app.py": "", **A_SERVICE}, "services/new: worker.py is missing"),
    (
        decisions_numbered_once,
        {"docs/decisions/0007-a.md": "# 7. A", "docs/decisions/0007-b.md": "# 7. B"},
        "0007-b.md: 0007-a.md has this number",
    ),
    (decisions_numbered_once, {"docs/decisions/0007-a.md": "# 8. A"}, "does not begin with its number"),
]

TIDY: list[tuple[Rule, dict[str, str]]] = [
    (no_machine_path, {"a.md": "see example.org|work|x home|ana $HOME|root |workers".replace("|", "/")}),
    (no_registry_host, {"a.txt": "httpx==0.28.1", "pom.xml": "http://maven.apache.org/POM/4.0.0"}),
    (no_link, {"pamwal/a.py": "", "docs/a.md": ""}),
    (nothing_unfinished, {"a.md": "the to-do list of the day"}),
    (no_sleep_in_tests, {"pamwal/a.py": "time.sleep(1)", "tests/test_a.py": "await asyncio.sleep(0)"}),
    (names_that_name, {"pamwal/wire/codec.py": "", "deploy/common.md": "", "pamwal/edge/commonly.py": ""}),
    (
        decisions_numbered_once,
        {"docs/decisions/0007-a.md": "# 7. A", "docs/decisions/0008-b.md": "# 8. B", "docs/a.md": ""},
    ),
    (services_alike, {"services/__init__.py": "", "services/good/views/table.py": "", **A_SERVICE}),
]  # fmt: skip


def tree(root: Path, files: dict[str, str]) -> list[Path]:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            (root / name).symlink_to(text[3:])
        else:
            (root / name).write_text(text, encoding="utf-8")
    return files_of(root)


@pytest.mark.parametrize(("rule", "files", "says"), BREACHES)
def test_a_breach_is_found(tmp_path: Path, rule: Rule, files: dict[str, str], says: str) -> None:
    breaches = list(rule(tmp_path, tree(tmp_path, files)))
    assert any(says in breach for breach in breaches), breaches


@pytest.mark.parametrize(("rule", "files"), TIDY)
def test_what_is_tidy_passes(tmp_path: Path, rule: Rule, files: dict[str, str]) -> None:
    assert list(rule(tmp_path, tree(tmp_path, files))) == []


def test_every_rule_is_shown_to_fail_and_to_pass() -> None:
    assert {rule for rule, _, _ in BREACHES} == {rule for rule, _ in TIDY} == set(RULES)


def test_a_picture_is_not_read_as_text(tmp_path: Path) -> None:
    (tmp_path / "board.png").write_bytes(b"\x89PNG\xff\xfe")
    assert list(no_machine_path(tmp_path, files_of(tmp_path))) == []

"""The site shows everything that is public, its links lead somewhere, and what is generated agrees with what it is made of."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from edgeworth._families import FAMILIES
from tests.docs.pages import DOCS, PARTS, blocks, name_of, pages
from tests.test_package import PUBLIC

ROOT = DOCS.parent
sys.path.insert(0, str(DOCS / "_ext"))

import generated  # noqa: E402
from generated import api, claims, methods, results  # noqa: E402

HEAVIEST = 500_000  # bytes of a page with all that it loads


# --- the reference ------------------------------------------------------------------------------------------------------------


def test_every_public_package_has_its_page() -> None:
    for home in ("edgeworth", *(f"edgeworth.{name}" for name in PUBLIC), *FAMILIES.values()):
        module = import_module(home)
        if all(isinstance(getattr(module, name), ModuleType) for name in module.__all__ if not name.startswith("_")):
            continue  # a folder of packages
        page = DOCS / "reference" / "api" / f"{api.slug(home)}.md"
        assert f"<!-- generate: package {home} -->" in page.read_text(encoding="utf-8")
    assert {page.stem for page in (DOCS / "reference" / "api").glob("*.md")} == {"index", *map(api.slug, api.PACKAGES)}


@pytest.mark.parametrize("home", api.PACKAGES)
def test_every_public_name_is_in_the_reference_and_says_what_it_is(home: str) -> None:
    text = api.package(home)
    mute = []
    for name in api.names(home):
        thing = getattr(import_module(home), name)
        where = thing.__name__ if isinstance(thing, ModuleType) else name
        assert re.search(rf"\b{re.escape(where)}\b", text), name
        told = inspect.getdoc(thing) if inspect.isclass(thing) or inspect.isroutine(thing) else api.described(home, name)
        if not isinstance(thing, ModuleType) and not told:
            mute.append(name)
    assert not mute


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_method_leads_to_what_explains_its_family_and_to_its_reference(kind: str) -> None:
    page = methods.explanation(kind)
    assert f"[{kind}]({page})" in methods.families()
    assert (DOCS / page).exists()
    table = methods.linked((DOCS / "methods.md").read_text(encoding="utf-8"))
    for row in import_module(FAMILIES[kind]).METHODS:
        function = f"{FAMILIES[kind]}.{row.function.partition(':')[2]}"
        assert f"| [`{row.name}`]({page}) | {{py:obj}}`{row.function.partition(':')[2]} <{function}>`" in table
        assert function.rpartition(".")[2] in api.names(FAMILIES[kind])


# --- links --------------------------------------------------------------------------------------------------------------------


@cache
def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its labels, and its headings as MyST names them."""
    text = page.read_text(encoding="utf-8")
    if "<!-- generate: package" not in text:
        text = generated.expand(text)
    headings = re.findall(r"^#{1,3} (.*)$", text, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r"^\(([^)\s]+)\)=$", text, flags=re.MULTILINE))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_to_pages_and_headings_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in blocks(text):
        text = text.replace(block.text, "")
    start = page.parent.parent if name_of(page).startswith(PARTS) else page.parent
    wrong = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        file, _, anchor = target.partition("#")
        if re.match(r"https?:|mailto:", target):
            continue
        other = (start / file).resolve() if file else page
        if not other.exists() or (anchor and other.suffix == ".md" and anchor not in anchors(other)):
            wrong.append(target)
    assert not wrong


def test_every_page_is_in_a_table_of_contents() -> None:
    listed: set[str] = set()
    for page in pages():
        for body in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
            for line in body.splitlines():
                entry = re.sub(r"^.*<(.*)>$", r"\1", line.strip())
                if entry and not entry.startswith(":"):
                    found = page.parent.glob(f"{entry}.md") if "*" in entry else [page.parent / f"{entry}.md"]
                    listed |= {path.resolve().relative_to(DOCS).as_posix() for path in found if ".." not in entry}
    assert {name for name in map(name_of, pages()) if not name.startswith(PARTS)} - listed == {"index.md"}
    assert all((DOCS / name).exists() for name in listed)


# --- claims and benchmarks ----------------------------------------------------------------------------------------------------


def test_the_claims_shown_are_those_of_the_verdicts() -> None:
    expected = json.loads((ROOT / "verdicts.json").read_text(encoding="utf-8"))
    assert claims.read()["budget"]["name"] == expected["budget"]
    shown = {(claim["paper"], claim["id"]): claims.verdict(claim) for claim in claims.read()["claims"]}
    assert shown == {(name, each): word for name, words in expected["verdicts"].items() for each, word in words.items()}
    assert {page.stem for page in (DOCS / "claims").glob("*.md")} == {"index", *expected["verdicts"]}


def test_a_page_of_claims_has_them_all() -> None:
    text = claims.paper("caddto")
    for claim in claims.read()["claims"]:
        if claim["paper"] == "caddto":
            assert f"(caddto-{claim['id']})=" in text
            assert claim["command"] in text


def test_every_subject_of_the_benchmarks_is_on_one_page() -> None:
    pages_ = [results.newest(group) for group in results.GROUPS]
    for subject, titles in results.subjects().items():
        assert sum(f"## {subject}\n" in text.replace("### ", "") for text in pages_) == 1, subject
        assert all(titles.values())
    assert {page.stem for page in (DOCS / "benchmarks").glob("*.md")} == set(results.GROUPS)


# --- the build ----------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    if importlib.util.find_spec("furo") is None or importlib.util.find_spec("myst_nb") is None:
        pytest.skip("pages of extras that are not installed: docs")
    out = tmp_path / "html"
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-E", "-q", str(DOCS), str(out)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=600, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    styles = "\n".join(path.read_text(encoding="utf-8") for path in out.rglob("*.css"))
    assert not re.findall(r"(?:@import|url\()\s*[\"']?https?:[^)\s]*", styles)
    for page in out.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source|object)\b[^>]*?\b(?:src|data)=\"([^\"]+)\"", text)
        loaded += re.findall(r"<link\b(?=[^>]*rel=\"(?:stylesheet|preload|icon|modulepreload)\")[^>]*href=\"([^\"]+)\"", text)
        loaded = [name for name in loaded if not name.startswith("data:")]
        assert not [name for name in loaded if "//" in name], page
        files = {(page.parent / name.partition("?")[0]).resolve() for name in loaded}
        texts = sum(file.stat().st_size for file in (page, *files))
        assert page.name == "search.html" or texts <= HEAVIEST, (page, texts)

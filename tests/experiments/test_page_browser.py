"""The page in a browser: what a reader clicks, types and sees. Skipped where Chromium is absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeworth import Comparison, MethodSpec, Stop, compare
from edgeworth.solvers import allocation
from tests.experiments import faults
from tests.experiments.browser import CHROMIUM, Browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

SUMMARY = "document.querySelector('section table')"
NAMES = f"[...{SUMMARY}.tBodies[0].rows].filter(row => row.offsetParent).map(row => row.cells[0].innerText)"
OUT_OF_SIGHT = """[...document.querySelectorAll('main *')].filter(e => !e.closest('section, svg, .unseen') &&
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    problems = [allocation.generate(preset="hotspot", servers=5, tasks=30, seed=seed) for seed in range(2)]
    methods = ["greedy", "lp", MethodSpec("a label of many words, as parameter studies have", "random"), "exact", faults.raises]
    return compare(problems, methods, seeds=range(2), stop=Stop(seconds=60), trace=True)


@pytest.fixture(scope="module")
def path(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "page.html"
    comparison.to_html(file)
    return file


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


def test_a_click_sorts_and_another_turns_the_order(browser: Browser, path: Path, comparison: Comparison) -> None:
    browser.show(path, 1280)
    value = list(comparison.summary().reset_index().columns).index("mean_value")
    before = browser.run(NAMES)
    assert before == list(comparison.setting.labels)
    rising = comparison.summary()["mean_value"].dropna().sort_values().index.tolist()
    button = f"section th:nth-child({value + 1}) button"
    browser.click(button)
    assert browser.run(NAMES)[: len(rising)] == rising
    assert browser.run(f"{SUMMARY}.tHead.rows[0].cells[{value}].ariaSort") == "ascending"
    browser.click(button)
    assert browser.run(NAMES)[: len(rising)] == rising[::-1]
    assert set(browser.run(NAMES)[len(rising) :]) == set(before) - set(rising)  # what is missing stays last
    browser.run("document.querySelector('section th button').focus()")
    browser.press("Enter")
    assert browser.run(NAMES) == sorted(before, key=str.lower)


def test_typing_filters_and_the_count_is_said(browser: Browser, path: Path) -> None:
    browser.show(path, 1280)
    browser.write(".tools input", "words many")
    assert browser.run(NAMES) == ["a label of many words, as parameter studies have"]
    assert browser.run("document.querySelector('.tools output').innerText") == "1 of 5 rows"
    browser.write(".tools input", " no such")
    assert browser.run(NAMES) == []


def test_all_digits_on_demand(browser: Browser, path: Path, comparison: Comparison) -> None:
    browser.show(path, 1280)
    cell = f"getComputedStyle({SUMMARY}.querySelector('td[title]'), '::before').content"
    assert browser.run(cell) == "none"
    browser.click("#digits")
    assert browser.run(cell).strip('"') == browser.run(f"{SUMMARY}.querySelector('td[title]').title")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_off(browser: Browser, path: Path, width: int, dark: bool) -> None:
    browser.show(path, width, dark=dark)
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(OUT_OF_SIGHT) == []
    shown = browser.run("[...document.querySelectorAll('svg')].filter(e => e.getClientRects().length).map(e => e.classList[0])")
    assert set(shown) == {"wide" if width == 1280 else "narrow"}
    if width == 1280:
        assert browser.run("[...document.querySelectorAll('section')].filter(e => e.scrollWidth > e.clientWidth).length") == 0
    else:  # the first column stays in sight
        browser.run("document.querySelector('section').scrollLeft = 300")
        assert browser.run(f"{SUMMARY}.tBodies[0].rows[0].cells[0].getBoundingClientRect().left") >= 0
    words = "[...document.querySelectorAll('svg text')].map(e => getComputedStyle(e).fill)"
    assert "rgb(0, 0, 0)" not in browser.run(words) or not dark


def test_words_of_plots_stay_inside(browser: Browser, path: Path) -> None:
    for width in (1280, 390):
        browser.show(path, width)
        outside = """[...document.querySelectorAll('svg')].flatMap(s => { const b = s.getBoundingClientRect();
            return b.width ? [...s.querySelectorAll('text')].filter(t => { const r = t.getBoundingClientRect();
            return r.right > b.right + 6 || r.left < b.left - 6; }).map(t => t.textContent) : []; })"""
        assert browser.run(outside) == []


def test_the_page_is_whole_without_its_script(browser: Browser, path: Path, comparison: Comparison) -> None:
    browser.show(path, 1280, script=False)
    assert browser.run("document.querySelectorAll('button').length") == 0
    assert browser.run("document.querySelectorAll('section').length") == 3
    browser.show(path, 1280)


def test_no_errors_and_no_requests(browser: Browser, path: Path) -> None:
    assert browser.said == []
    assert [url for url in browser.asked if not url.startswith(("file:", "data:"))] == []

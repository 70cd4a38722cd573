"""Every code block of every page of the site runs. `docs/contributing/documentation.md` states the rules."""

from __future__ import annotations

import doctest
import importlib.util
import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import yaml
from click.testing import CliRunner

from edgeworth.cli import main
from tests.docs.pages import DOCS, PARSED, RUN, SHOWN, Block, blocks, front_matter, name_of, pages

EXTRAS = {  # the module that tells whether an extra is installed
    "cryptography": "cryptography", "distributed": "distributed", "envs": "pettingzoo", "forecasting": "statsmodels",
    "games": "quantecon", "genetic": "pymoo", "learn": "torch", "parquet": "pyarrow",
}  # fmt: skip
LOOSE = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
PARSERS = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
PAGES = [page for page in pages() if blocks(page.read_text(encoding="utf-8"))]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    plt.close("all")


def run_page(text: str, where: str) -> None:
    """Run the blocks of a page one after the other, in one namespace and in the current folder."""
    sys.modules["__page__"] = ModuleType("__page__")  # dataclasses look their module up
    try:
        _run(text, where, vars(sys.modules["__page__"]))
    finally:
        del sys.modules["__page__"]


def _run(text: str, where: str, names: dict[str, Any]) -> None:
    for block in blocks(text):
        place = f"{where}, line {block.line}"
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, where, "exec", dont_inherit=True), names)
        elif block.language == "pycon":
            _examples(block, names, where)
        elif block.language in ("console", "sh"):
            _commands(block.text, place)
        elif block.language in PARSED:
            PARSERS[block.language](block.text)
        else:
            assert block.language in SHOWN, f"{place}: a block is one of {(*RUN, *PARSED, *SHOWN)}, got {block.language!r}"
            assert ">>> " not in block.text, f"{place}: examples stand in a pycon block, which runs"
            _commands(block.text, place, run=False)


def _examples(block: Block, names: dict[str, Any], where: str) -> None:
    test = doctest.DocTestParser().get_doctest(block.text, names, where, where, block.line - 1)
    assert test.examples, f"{where}, line {block.line}: a pycon block without >>>"
    assert not any(doctest.SKIP in each.options for each in test.examples), f"{where}, line {block.line}: nothing is skipped"
    test.globs = names  # not the copy that the parser makes: later blocks see the names
    told: list[str] = []
    failed = doctest.DocTestRunner(optionflags=LOOSE).run(test, out=told.append, clear_globs=False).failed
    assert not failed, "".join(told)


def _commands(text: str, place: str, run: bool = True) -> None:
    """Run the commands, or only read their options."""
    for line in re.sub(r"\\\n", " ", text).splitlines():
        words = line.removeprefix("$ ").strip()
        if not words.startswith("edgeworth "):
            hidden = run and re.search(r"(^\w+=\S*|-m|&&|;|\|)\s+edgeworth\b", words)
            assert not hidden, f"{place}: a command begins its line, so that it runs: {words}"
            continue
        if not run:
            _options(main, shlex.split(words, comments=True)[1:])
            continue
        expected = re.search(r"#\s*exit (\d+)\b", words)
        done = CliRunner().invoke(main, shlex.split(words, comments=True)[1:], prog_name="edgeworth")
        assert done.exit_code == (0 if expected is None else int(expected[1])), (
            f"{place}: {words}\n{done.output}\n{done.exception!r}"
        )


def _options(command: click.Command, arguments: list[str]) -> None:
    if isinstance(command, click.Group):
        _, found, rest = command.resolve_command(click.Context(command), arguments)
        assert found is not None
        _options(found, rest)
    else:
        with suppress(click.BadParameter):  # its files are not here
            command.make_context(command.name, arguments)


def prepare(text: str, folder: Path, request: pytest.FixtureRequest) -> None:
    """Skip a page that needs what is not here, with the reason; lay the public files that it names into the folder."""
    told = front_matter(text)
    for extra in told.get("extras", ()):
        if importlib.util.find_spec(EXTRAS[extra]) is None:
            pytest.skip(f"pages of extras that are not installed: {extra}")
    if told.get("data"):
        shared: Path = request.getfixturevalue("shared_data")
        files = told["data"] if isinstance(told["data"], dict) else {}
        for name, source in files.items():
            os.symlink((shared / source).resolve(strict=True), folder / name)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_blocks_of_a_page_run(page: Path, folder: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    prepare(text, folder, request)
    run_page(text, str(page.relative_to(DOCS.parent)))


# --- the runner itself --------------------------------------------------------------------------------------------------------


def page_of(language: str, *lines: str) -> str:
    return "\n".join([f"```{language}", *lines, "```", ""])


def test_blocks_share_one_namespace_and_one_folder(folder: Path) -> None:
    code = page_of("python", "half = 21", "open('made.txt', 'w').close()")
    code += page_of("python", "from dataclasses import dataclass", "@dataclass", "class Pair:", "    first: 'int'")
    run_page(code + page_of("pycon", ">>> half * 2", "42", ">>> more = 1") + page_of("python", "assert more == 1"), "page")
    assert (folder / "made.txt").exists()


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (page_of("python", "raise ValueError('no')"), "no"),
        (page_of("pycon", ">>> 1 + 1", "3"), "Got:"),
        (page_of("pycon", "1 + 1"), "without >>>"),
        (page_of("console", "edgeworth solve absent.npz"), "absent.npz"),
        (page_of("console", "$ edgeworth methods allocation  # exit 1"), "exact"),
        (page_of("json", "{'a': 1}"), "Expecting"),
        (page_of("toml", "a ="), "Invalid value"),
        (page_of("", "anything"), "a block is one of"),
        (page_of("pycon", ">>> 1 / 0  # doctest: +SKIP"), "nothing is skipped"),
        (page_of("text", ">>> 1 + 1", "3"), "pycon block"),
        (page_of("text", "edgeworth solve p.json --absent"), "absent"),
        (page_of("sh", "python -m edgeworth absent"), "begins its line"),
        (page_of("sh", "cd folder && edgeworth absent"), "begins its line"),
        ("> ```python\n> 1 / 0\n> ```\n", "plain fenced block"),
        ("Words.\n\n    1 / 0\n", "plain fenced block"),
        ("<pre>1 / 0</pre>\n", "plain fenced block"),
        (page_of("{eval-rst}", ".. code-block:: python", "", "   1 / 0"), "plain fenced block"),
        (page_of("{parsed-literal}", "1 / 0"), "plain fenced block"),
        (page_of("{code-block} python", "1 / 0"), "plain fenced block"),
        ("```python\n1\n", "never closed"),
    ],
)
def test_what_does_not_run_is_seen(page: str, told: str, folder: Path) -> None:
    with pytest.raises((AssertionError, ValueError, click.UsageError), match=re.escape(told)):
        run_page(page, "page")


def test_commands_run_with_the_exit_code_that_the_page_tells(folder: Path) -> None:
    run_page(page_of("sh", "make demo", "edgeworth methods \\", "  allocation", "edgeworth methods none  # exit 2"), "page")


def test_blocks_inside_directives_are_seen() -> None:
    inside = "````{note}\n```python\n1\n```\n````\n\n```{image} a.svg\n```\n\n" + page_of("text", "```", "x")
    with pytest.raises(ValueError, match="never closed"):
        blocks(inside)
    found = blocks(":::{tip}\n```python\n1\n```\n:::\n\n```{image} a.svg\n```\n\n" + page_of("text", "x"))
    assert [(block.language, block.text, block.line) for block in found] == [("python", "1\n", 3), ("text", "x\n", 11)]


def test_a_page_may_name_extras_and_data() -> None:
    told = front_matter("---\nextras: [learn]\ndata: {c05100: gap/instances/c05100}\n---\n# Page\n")
    assert told == {"extras": ["learn"], "data": {"c05100": "gap/instances/c05100"}}
    assert front_matter("# Page\n") == {}


def test_the_extras_are_those_of_the_package() -> None:
    declared = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(declared) - {"bench", "dev", "docs"}

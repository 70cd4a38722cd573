"""`reproduce` on claims that are made up: data, pages, figures, expected verdicts, tests that fail; and the table of papers."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import pytest

import edgeworth
from edgeworth import FileFormatError, MissingExtraError
from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import SMOKE, Claim, ClaimBudget, ClaimVerdict, Evidence, Reason, Row, Rule
from edgeworth.experiments import reproduce
from edgeworth.experiments.reproduction import PAPERS, Change, claims_of, papers, read_verdicts
from tests.cli.test_cli import document, refused, run

FEW = ClaimBudget("few", seeds=1, instances=3)
ROWS: tuple[Row, ...] = ({"x": 1, "y": 2.5, "what": "=1+1"}, {"x": 2, "y": float("inf"), "what": "<b>"})
PAIRS: tuple[Row, ...] = ({"what": "a less b", "low": -1.0, "high": 0.5}, {"what": "a less b", "low": 0.5, "high": 2.0})


def evidence(verdict: ClaimVerdict = ClaimVerdict.HOLDS, **more: object) -> Callable[[ClaimBudget], Evidence]:
    return lambda budget: Evidence(verdict, Reason.MEASURED, "2 of 2", seeds=budget.seeds, **more)  # type: ignore[arg-type]


def breaks(budget: ClaimBudget) -> Evidence:
    raise ZeroDivisionError("<script>")


def lacks(budget: ClaimBudget) -> Evidence:
    raise MissingExtraError("torch", "learn")


def stopped(budget: ClaimBudget) -> Evidence:
    raise KeyboardInterrupt


def claim(name: str, test: Callable[[ClaimBudget], Evidence], seeds: int = 0) -> Claim:
    rule = Rule("a share", "holds above .5", tolerance=0.01, seeds=seeds)
    return Claim(name, f"section of {name}", f"words of {name} & <b>", f"statement of {name}", "everything", rule, test)


MADE = {
    "curve": claim("curve", evidence(numbers=ROWS, figure=curves(ROWS, "x", "x", ["what"])), seeds=9),
    "pairs": claim("pairs", evidence(ClaimVerdict.PARTLY, numbers=PAIRS, interval=(-1.0, 0.5), witness=(1, 2))),
    "breaks": claim("breaks", breaks),
    "lacks": claim("lacks", lacks),
    "false": claim("false", evidence(ClaimVerdict.FAILS)),
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Claim]:
    """The claims of CADDTO are those of `MADE`, and no other paper has any; a test may change them."""
    rows = dict(MADE)

    def known(paper: str) -> Mapping[str, Claim]:
        return MappingProxyType(rows if paper == "caddto" else {})

    monkeypatch.setattr(papers, "claims_of", known)
    return rows


def test_what_is_found_is_data(made: dict[str, Claim], tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    found = reproduce(budget=FEW, on_claim=lambda done, total, row: seen.append((done, total, row["claim"])))
    assert seen == [(k + 1, 5, name) for k, name in enumerate(made)]
    assert found.headline() == "1 hold, 1 in part, 1 do not hold, 1 not tested yet, 1 failed to run"
    found.to_json(tmp_path / "claims.json")
    kept = json.loads((tmp_path / "claims.json").read_text())
    assert (kept["format"], kept["schema"], kept["headline"]) == ("edgeworth-claims", 1, found.headline())
    assert kept["budget"] == {"name": "few", "seeds": 1, "instances": 3}
    assert [row["id"] for row in kept["claims"]] == list(made)
    first, pairs, broken, lacking, _ = kept["claims"]
    assert first["quote"] == "words of curve & <b>"
    assert first["rule"] == {"estimator": "a share", "threshold": "holds above .5", "tolerance": 0.01, "seeds": 9}
    assert first["evidence"]["numbers"][1] == {"x": 2, "y": None, "what": "<b>"}
    assert not first["evidence"]["conclusive"]
    assert pairs["evidence"]["interval"] == [-1.0, 0.5]
    assert "seconds" not in pairs["evidence"]
    assert set(kept["seconds"]["caddto"]) == set(made) - {"breaks"}
    assert (broken["evidence"], broken["error"]) == (None, "ZeroDivisionError: <script>")
    assert "learn" in lacking["evidence"]["text"]
    assert first["command"] == f"edgeworth.experiments.reproduce('caddto', ['curve'], {FEW!r})"
    assert found.to_frame().verdict.fillna("").tolist() == ["holds", "holds in part", "", "not tested yet", "does not hold"]
    again = json.dumps(reproduce("caddto", budget=FEW).to_fields()["claims"])
    assert again == json.dumps(found.to_fields()["claims"])


class _Reader(HTMLParser):
    VOID = ("meta", "input", "br", "path")

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.seen: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [str(value) for name, value in attrs if name in ("href", "src")]
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(path: Path) -> _Reader:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert not reader.stack
    assert reader.seen.count("script") == 1  # the page's own
    assert not {"link", "img", "iframe", "object"} & set(reader.seen)
    return reader


def test_pages_have_every_claim_and_its_figure(made: dict[str, Claim], tmp_path: Path) -> None:
    found = reproduce("caddto", budget=SMOKE)
    found.to_html(tmp_path / "pages")
    pages = tmp_path / "pages"
    overview, paper = read(pages / "index.html"), read(pages / "caddto.html")
    for reader in (overview, paper):
        assert found.headline() in reader.text
        for link in reader.links:
            file, _, place = link.partition("#")
            target = pages / file if file else None
            assert target is None or target.is_file(), link
            assert not place or place in paper.ids
    assert set(made) <= set(paper.ids)
    for each in made.values():
        for part in (each.quote, each.source, each.statement, each.scope, each.rule.threshold):
            assert part in paper.text
        assert f"edgeworth reproduce caddto --claim {each.id} --budget smoke" in paper.text
    for part in ("ZeroDivisionError: <script>", "-1 to 0.5", "(1, 2)", "1 seed, ", "not conclusive", "numpy"):
        assert part in paper.text
    assert paper.seen.count("svg") == 2 * 2  # wide and narrow
    names = {"caddto-curve", "caddto-pairs", "verdicts"}
    assert {path.name for path in (pages / "figures").iterdir()} == {f"{n}.{e}" for n in names for e in ("svg", "csv")}
    for name in names:
        assert ElementTree.parse(pages / "figures" / f"{name}.svg").getroot().tag.endswith("svg")
    with (pages / "figures" / "caddto-curve.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["x", "y", "what"], ["1", "2.5", "'=1+1"], ["2", "inf", "<b>"]]
    with (pages / "figures" / "verdicts.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["paper"], row["claims"], row["holds in part"], row["failed to run"]) == ("caddto", "5", "1", "1")


def test_ctrl_c_keeps_what_was_finished(made: dict[str, Claim], tmp_path: Path) -> None:
    made["breaks"] = claim("breaks", stopped)
    found = reproduce("caddto", budget=FEW)
    assert found.interrupted
    assert [row.claim.id for row in found.rows] == ["curve", "pairs"]
    assert found.compare(found.verdicts() | {"caddto": {**found.verdicts()["caddto"], "false": "holds"}}) == []
    done = run("reproduce", "caddto", "--budget", "smoke", "--out", tmp_path, "--quiet")
    assert (done.exit_code, done.stderr) == (130, "Interrupted.\n")
    assert "interrupted" in read(tmp_path / "caddto.html").text


def test_the_command_line_and_expected_verdicts(made: dict[str, Claim], tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("reproduce", "caddto", "--budget", "smoke")
    done = run(*words, "--out", out, "--quiet")
    assert done.exit_code == 1  # one failed to run; the others are there
    assert done.stderr.splitlines()[-1] == "failed to run: caddto breaks: ZeroDivisionError: <script>"
    assert "caddto: 1 hold, 1 in part" in done.stdout
    expected = out / "verdicts.json"
    assert read_verdicts(expected, "smoke") == {
        "caddto": {"curve": "holds", "pairs": "holds in part", "lacks": "not tested yet", "false": "does not hold"}
    }
    del made["breaks"]
    done = run(*words, "--expect", expected)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "verdicts as expected")
    assert done.stderr.splitlines()[0].startswith("[1/4] caddto curve: holds, ")

    planted = json.loads(expected.read_text())
    planted["verdicts"]["caddto"] |= {"pairs": "holds", "lacks": "holds", "gone": "holds"}
    del planted["verdicts"]["caddto"]["false"]
    planted["verdicts"]["best"] = {"elsewhere": "holds"}
    expected.write_text(json.dumps(planted))
    done = run(*words, "--expect", expected, "--quiet")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "changed: caddto pairs: expected: holds, found: holds in part",
        "changed: caddto false: nothing expected, found: does not hold",
        "changed: caddto gone: expected: holds, found: no such claim",
    ]
    told = document(run(*words, "--expect", expected, "--quiet", "--json"))["changed"]
    assert told[0] == {"paper": "caddto", "id": "pairs", "expected": "holds", "found": "holds in part"}
    assert run(*words, "--expect", expected, "--claim", "curve", "--quiet").exit_code == 0  # those that were run only
    made["breaks"] = MADE["breaks"]
    assert run(*words, "--expect", expected, "--quiet", "--out", out / "new").exit_code == 1
    told = read_verdicts(out / "new" / "verdicts.json", "smoke")  # up to date: what could not be tested here is kept
    assert told == {
        "best": {"elsewhere": "holds"},
        "caddto": {"curve": "holds", "pairs": "holds in part", "lacks": "holds", "false": "does not hold"},
    }
    few = reproduce("caddto", ["pairs"], SMOKE).verdicts(planted["verdicts"])
    assert few["caddto"] == planted["verdicts"]["caddto"] | {"pairs": "holds in part"}


def test_changes_by_hand() -> None:
    change = Change("best", "a", "holds", "")
    assert str(change) == "best a: expected: holds, found: no such claim"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ("[]", "not a file of verdicts"),
        ('{"format": "edgeworth-verdicts", "schema": 2}', "schema 2"),
        ('{"format": "edgeworth-verdicts", "schema": 1, "budget": "smoke"}', "by paper and id"),
        (
            '{"format": "edgeworth-verdicts", "schema": 1, "budget": "smoke", "verdicts": {"best": {"a": "so"}}}',
            "verdicts must",
        ),
        ('{"format": "edgeworth-verdicts", "schema": 1, "budget": "smoke", "verdicts": {"best": {"a": [1]}}}', "verdicts must"),
    ],
)
def test_files_that_are_no_verdicts(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    path.write_text(text)
    with pytest.raises(FileFormatError, match=word):
        read_verdicts(path, "smoke")
    assert word in refused("reproduce", "caddto", "--budget", "smoke", "--expect", path)


def test_what_is_refused(tmp_path: Path) -> None:
    assert "did you mean 'caddto'?" in refused("reproduce", "cadto")
    assert "did you mean 'carbon-unit'?" in refused("reproduce", "caddto", "--claim", "carbon-unt")
    assert "did you mean 'smoke'?" in refused("reproduce", "caddto", "--budget", "smok")
    assert "Missing argument 'PAPER'" in refused("reproduce")
    (tmp_path / "v.json").write_text('{"format": "edgeworth-verdicts", "schema": 1, "budget": "full", "verdicts": {}}')
    assert "of the budget 'full'" in refused("reproduce", "caddto", "--budget", "smoke", "--expect", tmp_path / "v.json")
    for given, error, word in (
        ({"budget": "smoke"}, TypeError, "budget: must be a ClaimBudget"),
        ({"claims": "carbon-unit"}, ValueError, "claims: must be a sequence of ids"),
        ({"claims": []}, ValueError, "claims: must be a sequence of ids"),
    ):
        with pytest.raises(error, match=word):
            reproduce("caddto", **given)  # type: ignore[arg-type]


# --- the papers ---------------------------------------------------------------------------------------------------------------


def test_every_row_of_the_package_is_under_one_paper() -> None:
    """Whatever the name of the module that makes it: all rows of modules whose text makes claims are in the table, once."""
    package = Path(edgeworth.__file__).parent
    making = [
        import_module(".".join(("edgeworth", *path.relative_to(package).with_suffix("").parts)))
        for path in sorted(package.rglob("*.py"))
        if re.search(r"(=|^ +) *Claim\(\n", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    values = [value for module in making for value in vars(module).values()]
    made = {id(row) for value in values for row in (value if isinstance(value, tuple) else (value,)) if isinstance(row, Claim)}
    rows = [row for name in PAPERS for row in claims_of(name).values()]
    assert {id(row) for row in rows} == made
    assert len(rows) == len(made) >= 80


@pytest.mark.parametrize("name", PAPERS)
def test_every_claim_says_where_it_stands_and_how_it_is_decided(name: str) -> None:
    for each in claims_of(name).values():
        for part in (each.source, each.quote, each.statement, each.scope, each.rule.estimator, each.rule.threshold):
            assert part.strip()


def test_the_list_runs_nothing() -> None:
    listed = document(run("reproduce", "--list", "--json"))["claims"]
    assert len(listed) == sum(len(claims_of(name)) for name in PAPERS)
    lines = run("reproduce", "caddto", "--claim", "green-slots", "--list").stdout.splitlines()
    assert lines[2].split()[:2] == ["caddto", "green-slots"]


def test_two_rows_of_one_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "resolve", lambda path: (MADE["curve"], MADE["curve"]))
    with pytest.raises(ValueError, match="of caddto must have distinct ids"):
        claims_of("caddto")


def test_a_claim_alone_is_the_claim_among_others() -> None:
    """In a paper whose tests share runs by caches, and one whose tests draw games."""
    names = ["table-1", "condition-14", "theorem-4", "equation-27"]
    whole = reproduce("ai-bazaar", names, SMOKE).to_fields()["claims"]
    for each in ("theorem-4", "condition-14"):
        (alone,) = reproduce("ai-bazaar", [each], SMOKE).to_fields()["claims"]  # type: ignore[misc]
        assert alone in whole  # type: ignore[operator]

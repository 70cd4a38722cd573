"""What a study promises: acknowledged rows stay, what has none runs, duplicates are one, the table is that of `compare`."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeworth import FileFormatError, MethodSpec, MissingExtraError, Stop, Study, compare
from edgeworth.core.result import Termination
from edgeworth.experiments.study.identity import call_of
from edgeworth.experiments.table import Outcome
from edgeworth.experiments.tasks import Task, failed, run_task
from edgeworth.learning.deep.policy import load_policy
from edgeworth.solvers import allocation, carbon_offloading
from edgeworth.solvers.allocation import QLearning
from edgeworth.solvers.carbon_offloading import learned as shipped
from tests.experiments import faults
from tests.experiments.study.planted import METHODS, Planted, asked, lost, plant, problems, same


def test_the_table_is_that_of_compare(tmp_path: Path) -> None:
    methods = ["auto", "random", MethodSpec("q", "q-learning", QLearning(episodes=2), Stop(seconds=9)), "lp"]
    study = Study(tmp_path / "s.db", problems(2), methods, seeds=(3, 1), stop=Stop(seconds=5))
    status = study.run(engine="serial", results=True)
    wanted = compare(problems(2), methods, seeds=(3, 1), stop=Stop(seconds=5))
    found = study.comparison()
    same(found, wanted)
    assert found.setting == wanted.setting
    traced = {row["method"] for row, mine in zip(found.rows, found.results, strict=True) if mine is not None and mine.trace}
    assert "q" in traced  # and so there are curves
    assert len(found.convergence(reference="value"))
    assert (status.done, status.waiting, status.failed, status.writer) == (len(wanted.rows), 0, 0, None)
    for mine, theirs in zip(found.results, wanted.results, strict=True):
        assert mine is not None
        assert theirs is not None
        assert (mine.solution is None) == (theirs.solution is None)
        assert (mine.value, mine.params, mine.seed) == (theirs.value, theirs.params, theirs.seed)


def test_a_row_is_in_the_file_when_it_is_told(tmp_path: Path) -> None:
    path, seen = tmp_path / "s.db", list[tuple[int, int, int]]()

    def told(done: int, total: int, row: object) -> None:
        seen.append((done, total, asked(path, "SELECT count(*) FROM row")[0][0]))

    Study(path, problems(2), METHODS, seeds=range(2)).run(engine="serial", on_run=told)
    assert seen == [(done, 6, done) for done in range(1, 7)]


def test_only_what_has_no_row_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    full = len(problems(2)) * 3

    class Dies(Exception):
        pass

    def dies_after_two(task: Task, attempt: int) -> None:
        if len(first.given) == 3:
            raise Dies

    first = plant(monkeypatch, Planted(dies_after_two))
    with pytest.raises(Dies):
        Study(path, problems(2), METHODS, seeds=range(2)).run()
    assert Study.open(path).status().done == 2
    assert Study.open(path).comparison().setting.interrupted
    second = plant(monkeypatch, Planted())
    assert Study.open(path).run().waiting == 0
    assert len(second.given) == full - 2
    assert not set(second.given) & set(first.given[:2])
    third = plant(monkeypatch, Planted())
    assert Study(path, problems(2), METHODS, seeds=range(2)).run().done == full
    assert third.given == []
    same(Study.open(path).comparison(), compare(problems(2), METHODS, seeds=range(2)))


def test_a_failed_row_is_a_row_until_it_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuted(task: Task, attempt: int) -> Outcome | None:
        return failed("the method raised RuntimeError: no luck", 0.0) if task.spec.label == "greedy" else None

    plant(monkeypatch, Planted(refuted))
    study = Study(tmp_path / "s.db", problems(2), METHODS)
    assert (study.run().failed, study.run().failed) == (2, 2)
    with pytest.raises(ValueError, match="failed: must be True"):
        study.retry(failed=False)
    assert study.retry(failed=True) == 2
    again = plant(monkeypatch, Planted())
    assert (study.run().failed, len(again.given)) == (0, 2)
    outcomes = [outcome for (outcome,) in asked(tmp_path / "s.db", "SELECT outcome FROM attempt ORDER BY id")]
    assert outcomes == ["failed", "ok", "failed", "ok", "ok", "ok"]  # the history stays


def test_a_lost_task_has_three_attempts_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fate(task: Task, attempt: int) -> Outcome | None:
        poison, unlucky = task.spec.label == "greedy", task.seed == 1 and attempt < 3
        return lost() if poison or unlucky else None

    engine = plant(monkeypatch, Planted(fate))
    study = Study(tmp_path / "s.db", problems(1), METHODS, seeds=range(3))
    status = study.run()
    assert (status.done, status.failed, status.lost) == (4, 1, 4)
    assert sorted(map(engine.given.count, set(engine.given))) == [1, 1, 3, 3]
    row = study.comparison().frame.set_index("method").loc["greedy"]
    assert row["notes"] == "worker died 3 times, the last time: the worker died: killed by signal 9"
    assert (row["verified"], row["termination"]) == (False, "error")
    assert row["seconds"] < 10.0  # nobody knows; not the hours since the machine was started
    assert study.retry(failed=True) == 1
    engine = plant(monkeypatch, Planted(fate))
    study.run()
    assert len(engine.given) == 3  # and three more when it is asked for


def test_a_task_that_ends_the_whole_process_is_given_up_too(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    study = Study(path, problems(1), ["greedy"])
    begun = "INSERT INTO attempt(task, started, host, pid) SELECT hash, 1.0, 'host', ? FROM task"
    for _ in range(3):
        asked(path, begun, None)  # of a task in another process the end of this one says nothing
    for _ in range(3):
        asked(path, begun, 1)
    status = study.run(engine="serial")
    assert (status.done, status.failed, status.lost) == (1, 1, 6)
    assert "worker died 3 times" in study.comparison().frame["notes"][0]


def test_two_labels_of_one_content_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = plant(monkeypatch, Planted())
    methods = ["greedy", MethodSpec("again", "greedy"), MethodSpec("limited", "greedy", stop=Stop(seconds=60))]
    study = Study(tmp_path / "s.db", problems(2), methods)
    status = study.run()
    assert status.done == len(engine.given) == 4
    same(study.comparison(), compare(problems(2), methods))
    other = Study(tmp_path / "s.db", problems(2), [MethodSpec("renamed", "greedy")])
    assert other.run().done == 2
    assert len(engine.given) == 4
    assert other.comparison().frame["method"].tolist() == ["renamed"] * 2
    with pytest.raises(ValueError, match="the label 'again' stands for greedy, params null, stop null in this study"):
        Study(tmp_path / "s.db", problems(2), [MethodSpec("again", "random")])


def test_a_study_grows_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, engine = tmp_path / "s.db", plant(monkeypatch, Planted())
    Study(path, problems(1, first=1), ["random"], seeds=(1,)).run()
    more = Study(path, [*problems(1, first=1), *problems(1)], ["random", "greedy"], seeds=(1, 0))
    more.run()
    assert len(engine.given) == 1 + 5
    same(more.comparison(), compare([*problems(1, first=1), *problems(1)], ["random", "greedy"], seeds=(1, 0)))
    same(Study.open(path).comparison(), more.comparison())
    fewer = Study(path, problems(1), ["greedy", "random"], seeds=(0,))
    assert (fewer.status().runs, fewer.status().waiting, Study.open(path).status().runs) == (2, 0, 6)
    assert set(fewer.comparison().frame["method"]) == {"greedy", "random"}
    assert fewer.comparison().setting.seeds == (0,)


def test_outcomes_may_come_in_any_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Backwards(Planted):
        def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
            yield from reversed([(key, run_task(task)) for key, task in tasks])

    plant(monkeypatch, Backwards())
    study = Study(tmp_path / "s.db", problems(2), METHODS, seeds=range(2))
    study.run()
    same(study.comparison(), compare(problems(2), METHODS, seeds=range(2)))


def test_control_c_keeps_rows_and_no_cut_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def pressed(task: Task, attempt: int) -> Outcome | None:
        if task.seed == 1:
            signal.raise_signal(signal.SIGINT)
        return None

    plant(monkeypatch, Planted(pressed))
    study = Study(tmp_path / "s.db", problems(1), METHODS, seeds=range(3))
    status = study.run()
    assert (status.done, status.waiting, status.writer) == (2, 2, None)

    def cut(task: Task, attempt: int) -> Outcome | None:
        outcome = run_task(task)
        assert outcome.result is not None
        incumbent = replace(outcome.result, termination=Termination.INTERRUPTED)
        return replace(outcome, result=incumbent, interrupted=True)

    plant(monkeypatch, Planted(cut))
    assert study.run().waiting == 2  # the incumbent of a run that was cut short is no row

    def ended(task: Task, attempt: int) -> Outcome | None:
        return replace(run_task(task), interrupted=True)

    plant(monkeypatch, Planted(ended))
    assert study.run().waiting == 1  # this run ended by itself while the key was pressed
    plant(monkeypatch, Planted())
    assert study.run().waiting == 0
    same(study.comparison(), compare(problems(1), METHODS, seeds=range(3)))


def test_a_method_whose_answers_change_runs_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = plant(monkeypatch, Planted())
    study = Study(tmp_path / "s.db", problems(2), METHODS)
    study.run()
    family, rows = allocation.solve.__self__, allocation.METHODS  # type: ignore[attr-defined]
    raised = tuple(replace(row, version=2) if row.name == "greedy" else row for row in rows)
    try:
        object.__setattr__(family, "methods", raised)
        opened = Study.open(tmp_path / "s.db")
        assert opened.run().done == 4
        assert len(engine.given) == 4 + 2
        assert len(set(engine.given)) == 6
        same(study.comparison(), compare(problems(2), METHODS))
    finally:
        object.__setattr__(family, "methods", rows)
    assert asked(tmp_path / "s.db", "SELECT count(*) FROM row") == [(6,)]  # what was replaced stays in the file
    assert Study(tmp_path / "s.db", problems(2), METHODS).run().done == 4
    assert len(engine.given) == 6  # and is there when the version is


def test_a_study_that_is_extended_holds_no_answers_of_two_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = plant(monkeypatch, Planted())
    Study(tmp_path / "s.db", problems(1), ["random"], seeds=range(3)).run()
    family, rows = allocation.solve.__self__, allocation.METHODS  # type: ignore[attr-defined]
    try:
        object.__setattr__(family, "methods", tuple(replace(row, version=2) if row.name == "random" else row for row in rows))
        Study(tmp_path / "s.db", problems(1), ["random"], seeds=[2]).run()
        assert Study.open(tmp_path / "s.db").run().done == 3
    finally:
        object.__setattr__(family, "methods", rows)
    assert len(engine.given) == 3 + 3


def test_control_c_while_a_row_is_told_leaves_the_row(tmp_path: Path) -> None:
    def press(done: int, total: int, row: object) -> None:
        if done == 2:
            raise KeyboardInterrupt

    status = Study(tmp_path / "s.db", problems(2), METHODS).run(engine="serial", on_run=press)
    assert (status.done, status.verified, status.failed, status.lost) == (2, 2, 0, 0)


def test_an_absent_library_is_no_failed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(tmp_path / "s.db", problems(1), METHODS)
    family, rows = allocation.solve.__self__, allocation.METHODS  # type: ignore[attr-defined]
    needy = tuple(replace(row, requires=("no_such_library", "games")) if row.name == "greedy" else row for row in rows)
    try:
        object.__setattr__(family, "methods", needy)
        with pytest.raises(MissingExtraError, match="games"):
            study.run(engine="serial")
    finally:
        object.__setattr__(family, "methods", rows)
    assert (study.status().done, study.run(engine="serial").failed) == (0, 0)


@pytest.mark.parametrize("label", ["a\0b", "\udcff"])
def test_names_that_sqlite_does_not_take(label: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"methods: must have labels of printable|label: must have no half of a surrogate"):
        Study(tmp_path / "s.db", problems(1), [MethodSpec(label, "greedy")])
    (problem,) = problems(1)
    odd = replace(problem, provenance=replace(problem.provenance, name=label))  # as of a file with such a name
    study = Study(tmp_path / "s.db", [odd], METHODS)
    assert study.run(engine="serial").verified == len(study.comparison().rows) == 2


def test_the_hash_of_a_task_is_of_its_content_and_not_of_its_label() -> None:
    row = allocation.METHODS[0]

    def digest(label: str = "a", seed: int | None = 0, version: int = 1, threads: int = 1, **of_spec: Any) -> str:
        call = call_of(MethodSpec(label, "q-learning", **of_spec), Stop(seconds=1), threads)
        return call.task("p", replace(row, version=version))(seed)

    same_runs = {digest(), digest("b"), digest(stop=Stop(seconds=1)), digest(stop=Stop(seconds=1.0))}
    assert len(same_runs) == 1, "an integer of seconds is the same limit as a float"
    others = [
        digest(seed=1),
        digest(seed=None),
        digest(version=2),
        digest(threads=2),
        digest(stop=Stop(seconds=2)),
        digest(params=QLearning(episodes=3)),
        digest(params=QLearning()),
    ]
    assert len({*others, *same_runs}) == 8


@pytest.mark.parametrize(
    ("wrong", "error", "match"),
    [
        ({"methods": [faults.overloads]}, TypeError, "no file can hold the function of 'overloads'"),
        ({"methods": []}, ValueError, "methods: must hold at least one"),
        ({"stop": Stop(iterations=3), "methods": ["greedy"]}, ValueError, "iterations: not supported by method 'greedy'"),
        ({"threads": 2, "methods": ["exact"]}, ValueError, "threads: must be of the threads of the study, 1; got 2"),
        ({"seeds": [2**63]}, ValueError, "seeds: must be at most"),
        ({"methods": [MethodSpec("a\x07", "greedy")]}, ValueError, "labels of printable characters"),
        ({"durable": 1}, TypeError, "durable"),
    ],
)
def test_misuse_is_refused_and_nothing_is_written(
    wrong: dict[str, Any], error: type[Exception], match: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.db"
    if "durable" not in wrong:
        Study(path, problems(1), METHODS)
    with pytest.raises(error, match=match):
        Study(path, **({"problems": problems(3), "methods": METHODS} | wrong))
    assert not path.exists() or "durable" in wrong or asked(path, "SELECT count(*) FROM problem") == [(1,)]


def test_run_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    study = Study(tmp_path / "s.db", problems(1), ["greedy"])
    for wrong, match in (
        ({"engine": "loki"}, "did you mean 'loky'"),
        ({"n_jobs": 0}, "n_jobs: must be at least 1"),
        ({"engine": "serial", "n_jobs": 2}, "must be 1 for the engine serial"),
        ({"client": 1}, "client: must be None"),
    ):
        with pytest.raises(ValueError, match=match):
            study.run(**wrong)  # type: ignore[arg-type]
    assert study.status().waiting == 1


def test_a_last_attempt_is_made_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies takes what waits behind the cause with it: the innocent must not be given up for that."""

    class Pairs(Planted):
        def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
            together = []
            for key, task in tasks:
                together.append((key, task))
                if alone or len(together) == 2:
                    died = any(task.spec.label == "greedy" for _, task in together)
                    yield from [(key, lost() if died else run_task(task)) for key, task in together]
                    together.clear()
            yield from [(key, run_task(task)) for key, task in together]

    plant(monkeypatch, Pairs())
    study = Study(tmp_path / "s.db", problems(1), METHODS)
    assert study.run().failed == 1
    assert study.comparison().frame.set_index("method")["verified"].to_dict() == {"greedy": False, "random": True}


def test_a_trained_policy_is_kept_with_the_study(tmp_path: Path) -> None:
    folder = Path(shipped.__file__).parent / "shipped"
    policies = [load_policy(folder / f"{name}.npz") for name in ("ppo", "ddpg")]
    markets = [carbon_offloading.generate(users=2, slots=20, seed=900_000 + seed) for seed in range(2)]
    path = tmp_path / "s.db"
    Study(path, markets, policies)
    study = Study.open(path)
    study.run(engine="serial")
    same(study.comparison(), compare(markets, policies))
    asked(path, "UPDATE setting SET policy = (SELECT policy FROM setting WHERE method = 'ppo') WHERE method = 'ddpg'")
    with pytest.raises(FileFormatError, match="the trained policy ddpg: is another one"):
        study.comparison()


def test_parameters_of_another_version_are_refused_by_name() -> None:
    call = call_of(MethodSpec("q", "q-learning", QLearning(episodes=3)), None, 1)
    assert call.spec("q").params == QLearning(episodes=3)
    for old, new in (("episodes", "turns"), ("QLearning", "Unknown"), ("edgeworth.", "os."), ("3", '"three"')):
        with pytest.raises(FileFormatError, match="the setting of 'q' cannot be read by this version"):
            replace(call, params=call.params.replace(old, new)).spec("q")
    with pytest.raises(TypeError, match="params: must be plain data"):
        call_of(MethodSpec("q", "q-learning", {"episodes": 3}), None, 1)


def test_an_engine_that_gives_nothing_back_is_no_endless_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(Planted):
        def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
            yield from ((key, run_task(task)) for key, task in tasks if task.seed is not None)

    plant(monkeypatch, Silent())
    with pytest.raises(RuntimeError, match="gave no outcome"):
        Study(tmp_path / "s.db", problems(1), METHODS).run()
    assert Study.open(tmp_path / "s.db").status().done == 1

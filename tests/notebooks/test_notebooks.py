"""The notebooks run, keep their outputs, and stay small.

`make test` runs every cell with less repetition: SHORTER says which text is put in the place of which. `make test-slow` also
runs them as they are saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
SHORTER = {
    "00_head_to_head": {'"smoke", None': '"smoke", ["carbon-offloading", "procurement"]'},
    "01_quickstart": {"LIMIT = Stop(seconds=2)": "LIMIT = Stop(seconds=0.1)", "range(3)]": "range(1)]"},
    "02_allocation": {
        "stop=Stop(seconds=30, gap=5e-4)": "stop=Stop(seconds=150, gap=5e-4)",  # a busy machine proves less in 30 s
        "INSTANCES = range(6)": "INSTANCES = range(2)",
        "EPISODES = 10_000": "EPISODES = 500",
        "range(50)]": "range(4)]",
        "[10, 20, 30, 40, 50], [20, 50, 100, 150, 200]": "[10, 20], [20, 50]",
        "percents = [10, 40, 70, 100]": "percents = [10, 100]",
        'if preset == "metaverse" else 200': 'if preset == "metaverse" else 60',
        "claim_table(claims.CLAIMS, SMOKE)": "claim_table(claims.CLAIMS[:2], SMOKE)",  # test_paper tests all of them
    },
    "03_routing": {
        "INSTANCES, FRESH = range(4), range(20, 25)": "INSTANCES, FRESH = range(1), range(20, 21)",
        "SECONDS, SEEDS = 2.0, range(3)": "SECONDS, SEEDS = 0.1, range(2)",
        "ITERATIONS = 200": "ITERATIONS = 20",
        "vehicles=7, customers=40": "vehicles=4, customers=20",
        "vehicles=3, customers=60": "vehicles=2, customers=25",
        "vehicles=10, customers=80": "vehicles=5, customers=30",
        "for seed in range(5)]": "for seed in range(1)]",
        '"random", seed=0)': '"random", customers=25, seed=0)',
        '"random", vehicles=1, seed=seed': '"random", vehicles=1, customers=25, seed=seed',
    },
    "04_trading": {
        "SEEDS = range(2)": "SEEDS = range(1)",
        "points=20)": 'points=3, learners={"wolf-phc": sweeps.LEARNERS["wolf-phc"]})',  # the others: tests/games/trading
        "range(3)": "range(1)",
        "claim_table(claims.CLAIMS, SMOKE)": "claim_table(claims.CLAIMS[:2], SMOKE)",  # tests/games/trading tests all of them
    },
    "05_offloading": {
        "GAMES, SEEDS = 5, range(2)": "GAMES, SEEDS = 1, range(1)",
        "BUDGET = SMOKE": "BUDGET = replace(SMOKE, instances=4)",
        "games=2": "games=1",
        "range(100)": "range(10)",
        "range(20)": "range(4)",
        "[8, 10, 12, 14, 16]": "[8, 10]",
        "users=160": "users=40",
        "steps=15, rounds=8": "steps=5, rounds=2",
        "users=40, providers=8": "users=20, providers=4",
        "range(25)": "range(5)",
        "users=100_000": "users=10_000",
    },
    "06_mechanisms": {
        'preset="multi-unit", seed=seed': 'preset="multi-unit", buyers=4, sellers=3, seed=seed',
        "range(12)": "range(1)",
        "buyers=8, sellers=5": "buyers=5, sellers=3",
        "range(10000, 10012)": "range(10000, 10002)",
    },
    "07_carbon": {
        "range(2000, 2010)": "range(2000, 2002)",
        "import SHORT, claim_table": "import ClaimBudget, claim_table",
        "BUDGET = SHORT": 'BUDGET = ClaimBudget("few", 1, 10)',
        "claims.CLAIMS if claim.rule.seeds == 0": "claims.CLAIMS[:4] if claim.rule.seeds == 0",  # test_claims tests all of them
    },
    "08_deep_learning": {
        "range(900_000, 900_020)": "range(900_000, 900_002)",
        "claim_table(on_learner, SMOKE)": "claim_table(on_learner[:2], SMOKE)",  # test_claims_learned tests all of them
    },
    "09_scheduling": {
        "range(2000, 2005)": "range(2000, 2002)",
        "horizon=120.0": "horizon=15.0",
        "SEEDS = range(2)": "SEEDS = range(1)",
        "iterations=25": "iterations=3",
        ", (10, 60.0), (25, 60.0)": "",
        "moves=2_000_000": "moves=20_000",
        "claims.CLAIMS if not claim.rule.seeds": "claims.CLAIMS[-5:-2]",  # all in tests/solvers/scheduling
        '"energy-by-tokens", "latency-saving", "order", "learned", "resilient-policies")': '"resilient-policies",)',
        "seeds=5": "seeds=2",
        '"ten", 1, 100': '"two", 1, 20',
    },
    "10_token_market": {
        "1_000, 2_000]": "1_000]",
        "range(12)]": "range(6)]",
        "claim_table(claims.CLAIMS, SMOKE)": "claim_table(claims.CLAIMS[:2], SMOKE)",  # test_claims tests all of them
    },
    "11_forecasting": {
        "range(900_000, 900_004)": "range(900_000, 900_001)",
        "EPOCHS, SEEDS = 15, range(2)": "EPOCHS, SEEDS = 2, range(1)",
        "(0.0, 0.3, 0.6)": "(0.3,)",
    },
    "12_fusion": {
        "TRIALS, WORLDS, ROUNDS = 2, 3, 2": "TRIALS, WORLDS, ROUNDS = 1, 2, 1",
        "rounds=3": "rounds=1",
        "seed in range(2)": "seed in range(1)",
        "servers=8, users=100": "servers=4, users=40",
        "servers=[8, 16]": "servers=[8]",
        "fusion.truthfulness(2, 9)": "fusion.truthfulness(1, 3)",
        "fusion.rationality(6)": "fusion.rationality(2)",
    },
    "14_ai_bazaar": {
        "ROUNDS, RACES, BLOCKS = 3, 300, 10": "ROUNDS, RACES, BLOCKS = 1, 40, 4",
        "claim_table(shown, SMOKE)": "claim_table(shown[:2], SMOKE)",  # tests/games/trading tests all of them
    },
    "13_metaverse": {
        "rounds=3": "rounds=1",
        "(4, 7, 13, 20)": "(4, 7)",
        "SERVERS, TASKS, ROUNDS = 20, 50, 4": "SERVERS, TASKS, ROUNDS = 7, 20, 1",
        "import SMOKE": "import ClaimBudget",
        "BUDGET = SMOKE": 'BUDGET = ClaimBudget("few", 1, 8)',
        'energy-efficiency", "round-decisions"]': 'energy-efficiency"]',  # test_verdicts tests all of them
    },
}
CLEAN = "%reset -f\nimport matplotlib.pyplot\nmatplotlib.pyplot.close('all')\nmatplotlib.rcdefaults()\ndel matplotlib"

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
    assert set(SHORTER) == {path.stem for path in NOTEBOOKS}


@each
def test_keeps_its_outputs_and_stays_small(path: Path) -> None:
    assert path.stat().st_size < 500_000
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count is not None for cell in cells)
    assert any(cell.outputs for cell in cells)


@pytest.fixture(scope="session")
def client() -> Iterator[NotebookClient]:
    """One kernel for all notebooks: each start of one imports the package and loads its kernels anew."""
    resources = {"metadata": {"path": str(FOLDER)}}
    found = NotebookClient(nbformat.v4.new_notebook(), timeout=180, kernel_name="python3", resources=resources)
    found.execute(cleanup_kc=False)
    yield found
    found.nb = nbformat.v4.new_notebook()
    found.execute()  # and ends the kernel


def execute(notebook: Any, client: NotebookClient) -> None:
    """Run a notebook in a namespace of its own; after a failure the next one gets a new kernel."""
    notebook.cells.insert(0, nbformat.v4.new_code_cell(CLEAN))
    client.nb = notebook
    try:
        client.execute(cleanup_kc=False)
    except BaseException:
        client.nb = nbformat.v4.new_notebook()
        client.execute(reset_kc=True, cleanup_kc=False)
        raise


def shorten(notebook: Any, stem: str) -> None:
    """With the texts of SHORTER, each of which must be there."""
    for old, new in SHORTER[stem].items():
        cells = [cell for cell in notebook.cells if cell.cell_type == "code" and old in cell.source]
        assert cells, f"{stem} does not say {old!r} any more"
        for cell in cells:
            cell.source = cell.source.replace(old, new)


@each
def test_runs(path: Path, client: NotebookClient) -> None:
    notebook = nbformat.read(path, as_version=4)
    shorten(notebook, path.stem)
    execute(notebook, client)


@pytest.mark.slow
@each
def test_runs_as_it_is_saved(path: Path, client: NotebookClient) -> None:
    execute(nbformat.read(path, as_version=4), client)

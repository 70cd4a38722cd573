"""The notebooks run, keep their outputs, and stay small.

`make test` runs every cell with less repetition: the first code cell of a notebook holds its parameters, and SHORTER is run
right after it. `make test-slow` also runs them as they are saved.
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
    "01_quickstart": "LIMIT = Stop(seconds=0.2)",
    "02_allocation": "INSTANCES, EPISODES = range(2), 1_000\n"
    "METHODS[0] = MethodSpec('optimum', 'exact', stop=Stop(seconds=150, gap=5e-4))",  # a busy machine proves less in 30 s
    "03_routing": "INSTANCES, FRESH, SECONDS, SEEDS, ITERATIONS = range(2), range(20, 22), 0.3, range(2), 40",
    "04_trading": "SEEDS = range(1)",
    "05_offloading": "GAMES, SEEDS = 2, range(1)",
}
CLEAN = "%reset -f\nimport matplotlib.pyplot\nmatplotlib.pyplot.close('all')\nmatplotlib.rcdefaults()\ndel matplotlib"

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS
    assert set(SHORTER) <= {path.stem for path in NOTEBOOKS}


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


@each
def test_runs(path: Path, client: NotebookClient) -> None:
    notebook = nbformat.read(path, as_version=4)
    if path.stem in SHORTER:
        first = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")
        shorter = SHORTER[path.stem]
        names = shorter.split(" = ")[0].split(", ")
        assert all(name in notebook.cells[first].source for name in names), "the parameters moved"
        notebook.cells.insert(first + 1, nbformat.v4.new_code_cell(shorter))
    execute(notebook, client)


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if path.stem in SHORTER], ids=lambda path: path.stem)
def test_runs_as_it_is_saved(path: Path, client: NotebookClient) -> None:
    execute(nbformat.read(path, as_version=4), client)

"""The house rules that imports and names must keep."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import subprocess
import sys
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import edgeworth
from edgeworth import _families

PACKAGE = Path(edgeworth.__file__).resolve().parent
HEAVY = {"numba", "highspy", "scipy", "networkx", "pyomo", "pandas", "matplotlib", "torch", "click", "rich"}
PROBLEM_ROOMS = ("exact", "bounds", "heuristic", "learned", "kernels", "plots", "check", "methods")
BETWEEN_PROBLEMS = {  # who may import whom among problem folders, and these only
    "games.trading": {"games.normal_form"},
    "mechanisms.double_auction": {"routing", "mechanisms.auditing"},  # the latter holds learning against the auditor
    "mechanisms.consensus": {"solvers.allocation", "mechanisms.token_market"},
    "solvers.scheduling": {"mechanisms.token_market", "mechanisms.procurement"},
}
PUBLIC = (
    "datasets", "experiments", "forecasting", "games", "learning", "learning.deep", "mechanisms", "mechanisms.auditing",
    "mechanisms.token_market", "routing", "solvers", "systems", "systems.best", "testing",
)  # fmt: skip
DOMAINS = ("solvers", "games", "mechanisms", "routing", "forecasting", "systems")


def _module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, name: str) -> set[str]:
    """Every module that a file imports, at any depth, under TYPE_CHECKING too: the text decides, not the run."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            found.add(base)
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


MODULES = {_module_name(path): _imports(path, _module_name(path)) for path in sorted(PACKAGE.rglob("*.py"))}


def _inside(module: str, folder: str) -> bool:
    whole = f"edgeworth.{folder}"
    return module == whole or module.startswith(whole + ".")


def _domain(module: str) -> str | None:
    """The problem folder a module belongs to, e.g. ``solvers.allocation``, ``routing.orienteering``, ``forecasting``."""
    parts = module.split(".")[1:]
    if parts[:1] == ["forecasting"]:
        return "forecasting"
    if len(parts) < 2 or parts[0] not in DOMAINS:
        return None
    return ".".join(parts[:2])


def test_the_reader_of_imports_sees_them() -> None:
    assert "edgeworth.core.validation" in MODULES["edgeworth.core.stop"]
    assert "highspy" in MODULES["edgeworth.core.highs"]
    assert "pooch" in MODULES["edgeworth.datasets.eua"]  # inside a function
    assert "edgeworth.solvers.allocation.heuristic" in MODULES["edgeworth.solvers.allocation"]  # TYPE_CHECKING


def _edges() -> dict[str, set[str]]:
    """Module -> modules of the package that its text imports, lazily and for type checkers too."""
    edges: dict[str, set[str]] = {}
    for module, path in ((_module_name(path), path) for path in PACKAGE.rglob("*.py")):
        edges[module] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                edges[module] |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                for alias in node.names:  # a name is a module of its own, or something that its module defines
                    whole = f"{node.module}.{alias.name}"
                    edges[module].add(whole if whole in MODULES else node.module)
    return {module: (found & set(MODULES)) - {module} for module, found in edges.items()}


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Lazy imports and those under TYPE_CHECKING count: a circle is a circle whenever it closes."""
    graph = nx.DiGraph([(module, other) for module, found in _edges().items() for other in found])
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    assert not circles


@pytest.mark.parametrize("home", sorted(_families.FAMILIES.values()))
def test_a_package_of_a_family_adds_only_its_own(home: str) -> None:
    """One statement of the family, an "auto" where it needs words, and names for type checkers; all else is derived."""
    path = PACKAGE.joinpath(*home.split(".")[1:], "__init__.py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert defined <= {"_auto"}
    late = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.If)
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom)
        for alias in inner.names
    }
    fam = import_module(home).FAMILY
    params = {row.params.partition(":")[2] for row in fam.methods if row.params and row.params.startswith(f"{home}.")}
    assert late == params | set(fam.late) | set(fam.plots), "type checkers see other names than the package resolves"


def test_core_knows_no_problem() -> None:
    allowed = ("core", "_families", "_version")
    for module, imports in MODULES.items():
        if _inside(module, "core"):
            ours = {name for name in imports if name.startswith("edgeworth.")}
            assert all(any(_inside(name, room) for room in allowed) for name in ours), (module, ours)


def test_learning_knows_no_domain() -> None:
    for module, imports in MODULES.items():
        if _inside(module, "learning"):
            wrong = [name for name in imports for folder in (*DOMAINS, "experiments", "cli") if _inside(name, folder)]
            assert not wrong, (module, wrong)


def test_problem_folders_import_nothing_above_them() -> None:
    for module, imports in MODULES.items():
        if _domain(module) is not None and not _inside(module, "systems"):
            wrong = [name for name in imports for room in ("experiments", "systems", "cli", "testing") if _inside(name, room)]
            assert not wrong, (module, wrong)


def test_experiments_import_no_system_and_no_command_line() -> None:
    for module, imports in MODULES.items():
        if _inside(module, "experiments"):
            wrong = [name for name in imports for room in ("systems", "cli") if _inside(name, room)]
            assert not wrong, (module, wrong)


def test_datasets_import_only_core() -> None:
    for module, imports in MODULES.items():
        if _inside(module, "datasets"):
            ours = {name for name in imports if name.startswith("edgeworth.")}
            assert all(_inside(name, "core") or _inside(name, "datasets") for name in ours), (module, ours)


def test_forecasting_imports_core_learning_and_datasets_only() -> None:
    """No problem folder may import it either (the next test): it is for systems and the command line."""
    allowed = ("core", "learning.deep", "datasets", "forecasting", "_version")
    for module, imports in MODULES.items():
        if _inside(module, "forecasting"):
            ours = {name for name in imports if name.startswith("edgeworth.")}
            assert all(any(_inside(name, room) for room in allowed) for name in ours), (module, ours)


def test_problem_folders_import_each_other_only_where_the_design_says() -> None:
    for module, imports in MODULES.items():
        domain = _domain(module)
        if domain is None or _inside(module, "systems"):
            continue
        others = {other for name in imports if (other := _domain(name)) is not None and other != domain}
        others = {other for other in others if f"edgeworth.{other}" in MODULES}
        allowed = BETWEEN_PROBLEMS.get(domain, set())
        assert all(any(other.startswith(room) for room in allowed) for other in others), (module, others)


@pytest.mark.parametrize("home", sorted(_families.FAMILIES.values()))
def test_the_rooms_of_a_family(home: str) -> None:
    """model imports none of the rooms, check imports the model and the core only, kernels only kernels and the core."""
    folder = home.removeprefix("edgeworth.")
    seen = set()
    for module, imports in MODULES.items():
        if not _inside(module, folder) or module == home:
            continue
        room = module.removeprefix(home + ".").split(".")[0]
        seen.add(room)
        ours = {name for name in imports if name.startswith("edgeworth.")}
        if room == "model":
            wrong = [name for name in ours for other in PROBLEM_ROOMS if _inside(name, f"{folder}.{other}")]
            assert not wrong, (module, wrong)
        elif room == "check":
            allowed = (f"{folder}.model", f"{folder}.check", "core")
            assert all(any(_inside(name, other) for other in allowed) for name in ours), (module, ours)
        elif room == "kernels":
            ours_too = (f"{folder}.kernels", f"{folder}.model.kernels", "learning.kernels")
            allowed = (*ours_too, "core.arrays", "core.jit", "core.kernels")
            assert all(any(_inside(name, other) for other in allowed) for name in ours), (module, ours)
        elif (
            room == "market" and ".kernels" in module
        ):  # devices deal through the ledger's own kernel, so that no rule is twice
            ours_too = (f"{folder}.market.kernels", f"{folder}.model.kernels", "mechanisms.token_market.kernels")
            allowed = (*ours_too, "core.arrays", "core.jit", "core.kernels")
            assert all(any(_inside(name, other) for other in allowed) for name in ours), (module, ours)
        elif room == "methods":
            allowed = ("core.method", "learning.rows", f"{folder}.rules")  # rows are literal, or derived from specifications
            assert all(any(_inside(name, other) for other in allowed) for name in ours), (module, ours)
    assert {"model", "check", "methods"} <= seen


@pytest.mark.parametrize("home", sorted(_families.FAMILIES.values()))
def test_no_public_function_has_the_name_of_a_sibling_module(home: str) -> None:
    module = import_module(home)
    assert module.__file__ is not None
    folder = Path(module.__file__).parent
    siblings = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert {"generate", "solve", "verify", "METHODS"} <= set(module.__all__)
    clashes = {name for name in module.__all__ if name in siblings}
    assert not clashes
    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("home", ["edgeworth", *sorted(_families.FAMILIES.values()), "edgeworth.testing"])
def test_every_public_name_is_there_and_says_what_it_is(home: str) -> None:
    module = import_module(home)
    assert module.__doc__
    for name in module.__all__:
        thing = getattr(module, name)  # LocalSearch and the like resolve on use
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, name


def _given(thing: Any) -> list[str]:
    """What a caller passes to a public function, or to the constructor of a public class."""
    if dataclasses.is_dataclass(thing):
        return [field.name for field in dataclasses.fields(thing) if field.init]
    if inspect.isclass(thing) and (issubclass(thing, Enum) or getattr(thing, "_is_protocol", False)):
        return []
    if inspect.isclass(thing) and issubclass(thing, Exception) and "__init__" not in vars(thing):
        return []  # a message
    return list(inspect.signature(thing).parameters)


@pytest.mark.parametrize("home", ["edgeworth", *sorted(_families.FAMILIES.values()), *(f"edgeworth.{home}" for home in PUBLIC)])
def test_every_public_name_documents_what_it_takes(home: str) -> None:
    """Functions have a numpydoc section Parameters; classes with fields one of Parameters or Attributes."""
    module = import_module(home)
    bare = []
    for name in module.__all__:
        thing = getattr(module, name)
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and _given(thing):
            sections = ("Parameters", "Attributes") if inspect.isclass(thing) else ("Parameters",)
            if not any(f"\n{title}\n{'-' * len(title)}\n" in (inspect.getdoc(thing) or "") for title in sections):
                bare.append(name)
    assert not bare


def test_public_names_have_one_home() -> None:
    assert edgeworth.load is import_module("edgeworth.core.io").load
    assert edgeworth.Stop is import_module("edgeworth.core.stop").Stop
    assert set(dir(edgeworth)) - set(edgeworth.__all__) == {folder for folder in PUBLIC if "." not in folder}
    with pytest.raises(AttributeError, match="no attribute 'solv'"):
        edgeworth.solv  # noqa: B018


@pytest.mark.parametrize("home", [*PUBLIC, *(home.removeprefix("edgeworth.") for home in _families.FAMILIES.values())])
def test_tab_completion_shows_public_names_only(home: str) -> None:
    module = import_module(f"edgeworth.{home}")
    assert sorted(dir(module)) == sorted(module.__all__)
    assert not [name for name in dir(module) if name.startswith("_")]


def _loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nsys.stdout.write(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True, cwd=PACKAGE.parent
    )
    return set(done.stdout.split())


def test_import_edgeworth_loads_nothing_heavy() -> None:
    loaded = _loaded_by("import edgeworth; dir(edgeworth); [dir(getattr(edgeworth, name)) for name in ('solvers', 'games')]")
    assert "edgeworth" in loaded
    assert not loaded & (HEAVY | {"numpy"})


def test_forecasting_loads_nothing_heavy() -> None:
    """Nor does a fit, a forecast or a backtest of a method that is no network."""
    code = (
        "from edgeworth import forecasting as f\ndir(f)\n[row.name for row in f.METHODS]\n"
        "x = f.synthetic(300, seed=0)\nf.fit('linear', x).forecast(x[-48:]).quantiles\n"
        "f.backtest(['persistence', 'linear'], x, seeds=[0])"
    )
    loaded = _loaded_by(code)
    assert "numpy" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("kind", sorted(_families.FAMILIES))
def test_listing_methods_loads_no_solver_and_no_compiler(kind: str) -> None:
    home = _families.FAMILIES[kind]
    code = f"from {home} import METHODS, generate, verify\nassert all(m.name and m.supports is not None for m in METHODS)"
    loaded = _loaded_by(code)
    assert "numpy" in loaded
    assert not loaded & HEAVY


def test_testing_needs_hypothesis_only_for_strategies() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import edgeworth.testing as t\n"
        "from edgeworth import MissingExtraError\n"
        "try: t.allocation_problems()\n"
        "except MissingExtraError as error: assert 'dev' in str(error), error\n"
        "else: raise SystemExit('no error')\n"
        "from edgeworth.solvers import allocation as a\n"
        "t.check_method_contract(a.FAMILY, a.FAMILY.method('greedy'), a.generate(servers=2, tasks=3, seed=0))"
    )
    assert "edgeworth" in _loaded_by(code)


def test_the_library_never_prints() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if "cli" in path.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            assert called != "print", path
            assert not isinstance(node, ast.Assert), f"{path}: no assert for validation"


def test_types_are_shipped() -> None:
    assert (PACKAGE / "py.typed").exists()


def test_oracles_import_nothing_of_the_package() -> None:
    """A second implementation that shares code with the first one proves nothing."""
    oracles = sorted((Path(__file__).parent / "oracles").glob("*.py"))
    assert len(oracles) > 1
    for path in oracles:
        name = f"tests.oracles.{path.stem}"
        assert not any(found.split(".")[0] == "edgeworth" for found in _imports(path, name)), path

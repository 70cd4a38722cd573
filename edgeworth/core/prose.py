"""A result in sentences: what was found, how good it is, why the run stopped, and who vouches for what."""

from __future__ import annotations

from typing import Any

from edgeworth.core.display import one_line

_FOUND = {
    "optimal": "It is optimal: the bound meets it, and the checker can rebuild the bound from the certificate.",
    "claimed optimal": "The method says that it is optimal: its bound meets the value, but nothing backs the bound.",
    "equilibrium": "The method ended at an equilibrium; how much a player could still gain is for the checker to measure.",
    "feasible": "It satisfies all constraints; nothing proves that it is the best.",
    "infeasible": "The problem has no solution, and the checker can rebuild the proof from the certificate.",
    "claimed infeasible": "The method says that the problem has no solution, but nothing backs that.",
    "none": "Whether the problem has a solution is not known.",
}
_STOPPED = {
    "proved": "because it had proved its answer",
    "converged": "by itself, with nothing left to do",
    "time": "because its time limit was over",
    "iterations": "because it had done the iterations it was allowed",
    "stalled": "because there was no more improvement",
    "target": "because the value or the gap asked for was reached",
    "observer": "because its observer asked for that",
    "interrupted": "because of Ctrl-C",
    "refused": "because the method does not apply to this problem",
    "error": "because of an error",
}


def paragraph(result: Any) -> str:
    """The text of `Result.summary`."""
    larger = "larger" if result.sense == "max" else "smaller"
    seed = "" if result.seed is None else f", seed {result.seed},"
    if result.value is None:
        sentences = [f"The method {result.method}{seed} found no solution of this {result.kind} problem."]
    else:
        answer = f"a solution of value {result.value:.10g} ({larger} is better)"
        sentences = [f"The method {result.method}{seed} found {answer} of this {result.kind} problem."]
    sentences.append(_FOUND[str(result.quality)])
    sentences += _of_bound(result)
    stats = result.stats
    counts = [f"{getattr(stats, name):,} {name}" for name in ("iterations", "evaluations", "nodes") if getattr(stats, name)]
    after = f"after {stats.seconds:.3g} s" + (f" ({', '.join(counts)})" if counts else "")
    sentences.append(f"The run stopped {after} {_STOPPED[str(result.termination)]}.")
    if stats.compile_seconds >= 0.1:
        sentences.append(f"Compiling its kernels took {stats.compile_seconds:.3g} s more, which no clock counts.")
    if result.notes:
        sentences.append(f"Note: {'; '.join(result.notes)}.")
    return one_line(" ".join(sentences))


def _of_bound(result: Any) -> list[str]:
    if result.bound is None:
        return ["There is no bound to compare with."] if result.value is not None else []
    side = "above" if result.sense == "max" else "below"
    backed = str(result.bound_evidence) == "recomputed"
    word = "which the checker can rebuild from the certificate" if backed else "on the method's word"
    if str(result.quality) in ("optimal", "claimed optimal"):
        return [f"The bound is {result.bound:.10g}."]
    gap = "" if result.gap is None else f", a relative gap of {result.gap * 100.0:.3g} %"
    return [f"The bound says that no value is {side} {result.bound:.10g}, {word}{gap}."]

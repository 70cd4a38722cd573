"""Exact, heuristic and learned methods of all families beside each other, with the budget "short" or the one that is named.

    python benchmarks/head_to_head.py [smoke|short]

Every row was verified; a row that was not is marked FAILED. Processor time is that of the whole table, checks included.
"""

from __future__ import annotations

import sys
import time

from harness import record, table

from edgeworth import head_to_head
from edgeworth.core.benchmark import BUDGETS, BudgetName
from edgeworth.core.display import number, percent

HEAD = ("family", "role", "method", "gap", "regret", "seconds", "evidence", "audit")


def main(budget: BudgetName) -> None:
    head_to_head("smoke")  # what is compiled here is not counted below
    began = time.process_time()
    found = head_to_head(budget)
    spent = time.process_time() - began
    rows = [
        (
            row.family,
            row.role,
            f"`{row.method}`",
            percent(row.gap),
            number(row.regret, 3),
            number(row.seconds, 3),
            row.evidence,
            row.audit or "-",
        )
        for row in found.to_frame().itertuples()
    ]
    what = "; ".join(f"{part.comparison.setting.kind}: {part.what}" for part in found.parts)
    state = "All rows verified." if found.verified else "ROWS FAILED."
    text = f"{state} {spent:.0f} s of processor time. {what}."
    record(f"head to head, budget {budget}", table(HEAD, rows) + "\n\n" + text)


if __name__ == "__main__":
    chosen = [budget for budget in BUDGETS if budget == (sys.argv[1] if len(sys.argv) > 1 else "short")]
    if not chosen:
        sys.exit(f"{sys.argv[1]}: no such budget; there are {', '.join(BUDGETS)}")
    main(chosen[0])

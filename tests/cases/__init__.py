"""What the contract suite needs of a family, one module of the kind's name each (hyphens as underscores).

CASES: name -> problem, degenerate ones among them. STRATEGY: a Hypothesis strategy of small problems. optimum(problem): brute
force, a pair whose first entry is the best value, or None where nothing is feasible. UNBOUNDED (optional): names of methods
whose value may be beyond it, because they leave an equilibrium that the optimum presupposes.
"""

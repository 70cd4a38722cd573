"""One row = what one learner keeps for one state, in one flat memory; choosing an action; projection onto the simplex.

With n actions of its own and o of its opponents (o = 1 for all but minimax-Q), a row is 2 + 5 n + n o numbers long:

    at                 visits of the state
    at + 1             value of the state as the learner sees it
    at + 2             policy, n
    at + 2 + n         average of the policies played so far, n
    at + 2 + 2 n       how often each action was played, n
    at + 2 + 3 n       GIGA-WoLF's slow policy, n
    at + 2 + 4 n       room for an update's intermediate results, n
    at + 2 + 5 n       quality Q(s, a, b), n x o with b fastest; EXP3: logarithms of the weights

Helpers take one memory and offsets, never views or tuples of arrays: a tuple of ten arrays makes a step ten times slower.
"""

from edgeworth.core.jit import jit


@jit
def length(n, o):
    """How many numbers a row takes."""
    return 2 + 5 * n + n * o


@jit
def act(parameters, agent, memory, at, n, u):
    """The action for one uniform u: with probability explore / (1 + explore_decay visits) a uniform one, else by the policy."""
    explore = parameters[agent, 0] / (1.0 + parameters[agent, 1] * memory[at])
    if u < explore:
        return min(int(u / explore * n), n - 1)
    u = (u - explore) / (1.0 - explore)
    reached = 0.0
    last = 0
    for a in range(n):
        p = memory[at + 2 + a]
        if p > 0.0:
            reached += p
            last = a
            if u < reached:
                return a
    return last  # rounding left the sum below u


@jit
def value_ahead(memory, at):
    """What a row is worth to an update that leads there."""
    return memory[at + 1]


@jit
def project(memory, at, n):
    """The nearest point of the simplex to memory[at : at + n], in place (Michelot, J. Optimization Theory Appl. 50, 1986)."""
    count = n
    total = 0.0
    for a in range(n):
        total += memory[at + a]
    shift = (total - 1.0) / n
    while True:  # the shift rises, the set of positive entries shrinks: at most n rounds
        kept = 0
        total = 0.0
        for a in range(n):
            if memory[at + a] > shift:
                kept += 1
                total += memory[at + a]
        if kept >= count or kept == 0:  # above count: only the shift's rounding moved
            break
        count = kept
        shift = (total - 1.0) / count
    for a in range(n):
        memory[at + a] = max(memory[at + a] - shift, 0.0)

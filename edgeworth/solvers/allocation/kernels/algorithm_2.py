"""Algorithms 2 and 3 of the MTA paper as they are printed."""

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import assign


@leaf
def _choose(actions, count, quality, explore, rng):
    """Which of the first `count` actions: with probability `explore` a uniform one, else that of largest Q, first on ties."""
    if rng.random() < explore:
        return int(rng.random() * count)
    top = 0
    for a in range(1, count):
        if quality[actions[a]] > quality[actions[top]]:
            top = a
    return top


@leaf
def _refused(load, capacity, frequency, deadline):
    """Line 10: the load before the task is added exceeds the capacity, or the time left is *less* than the task's deadline."""
    return load > capacity or (capacity - load) / frequency < deadline


@leaf
def _available(load, capacity, frequency, deadline):
    """The rule of the text before it, whose signs are strict: a server at its capacity, or with just the time, is left out."""
    return load < capacity and (capacity - load) / frequency > deadline


@jit
def episodes(
    indptr, server, reward, amount, capacity, frequency, deadline, discards, forgets, explore, rate, discount,
    count, quality, used, load, actions, choice, best_choice, totals, best, rng,
):  # fmt: skip
    """Run `count` episodes; a state is a task in order of arrival, an action one of its entries with a reward other than 0.

    A server that was used in the episode and is refused is replaced once, by an untested one; `forgets`: it leaves the set of
    used servers then. `discards`: servers that are not available are no actions, used or not; nothing is replaced. `amount`:
    what an entry adds to its server's load. `actions`: room for one task's entries. `totals` receives the episodes' sums of
    rewards, `best` [1] and `best_choice` the largest and its entries.
    """
    m = choice.size
    for k in range(count):
        used[:] = False
        load[:] = 0.0
        total = 0.0
        before = -1  # the entry chosen for the task before, whose update waits for this state's largest Q
        for j in range(m):
            seen = 0
            for p in range(indptr[j], indptr[j + 1]):
                i = server[p]
                if reward[p] != 0.0 and not (discards and not _available(load[i], capacity[i], frequency[i], deadline[j])):
                    actions[seen] = p
                    seen += 1
            if before >= 0:
                ahead = 0.0
                for a in range(seen):
                    ahead = quality[actions[a]] if a == 0 else max(ahead, quality[actions[a]])
                quality[before] += rate * (reward[before] + discount * ahead - quality[before])
            choice[j] = -1
            before = -1
            if seen == 0:
                continue
            position = _choose(actions, seen, quality, explore, rng)
            action = actions[position]
            i = server[action]
            if not used[i]:
                used[i] = True
            elif not discards and _refused(load[i], capacity[i], frequency[i], deadline[j]):
                if forgets:
                    used[i] = False
                seen -= 1
                if seen == 0:
                    continue
                for a in range(position, seen):
                    actions[a] = actions[a + 1]
                action = actions[_choose(actions, seen, quality, explore, rng)]
            choice[j] = action
            before = action
            total += reward[action]
            load[server[action]] += amount[action]
        if before >= 0:
            quality[before] += rate * (reward[before] - quality[before])
        totals[k] = total
        if total > best[0]:
            best[0] = total
            assign(best_choice, choice)

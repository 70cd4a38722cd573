"""Q-learning over the feasible pairs of an allocation problem."""

from edgeworth.core.jit import jit
from edgeworth.core.kernels import assign


@jit
def episodes(
    indptr, server, weight, reward, limit, explore, rate, discount,
    count, quality, used, choice, best_choice, totals, best, rng,
):  # fmt: skip
    """Run `count` episodes; a state is a task in order of arrival, an action one of its pairs that fits.

    With probability `explore` a uniform available action, else the one of largest Q (first on ties). The update looks one state
    ahead: its largest Q among the actions available there. Pairs of `reward` 0 are no actions. `totals` receives the episodes'
    sums of rewards, `best` [1] and `best_choice` the largest and its actions.
    """
    m = choice.size
    for k in range(count):
        used[:] = 0.0
        total = 0.0
        before = -1  # the pair chosen for the last task that had one and whose update waits for this state's largest Q
        for j in range(m):
            top, seen = -1, 0
            for p in range(indptr[j], indptr[j + 1]):
                i = server[p]
                if reward[p] != 0.0 and used[i] + weight[p] <= limit[i]:
                    seen += 1
                    if top < 0 or quality[p] > quality[top]:
                        top = p
            if before >= 0:
                ahead = quality[top] if seen > 0 else 0.0
                quality[before] += rate * (reward[before] + discount * ahead - quality[before])
            choice[j] = -1
            before = -1
            if seen == 0:
                continue
            action = top
            if rng.random() < explore:
                skip = int(rng.random() * seen)
                for p in range(indptr[j], indptr[j + 1]):
                    i = server[p]
                    if reward[p] != 0.0 and used[i] + weight[p] <= limit[i]:
                        if skip == 0:
                            action = p
                            break
                        skip -= 1
            choice[j] = action
            before = action
            total += reward[action]
            used[server[action]] += weight[action]
        if before >= 0:
            quality[before] += rate * (reward[before] - quality[before])
        totals[k] = total
        if total > best[0]:
            best[0] = total
            assign(best_choice, choice)

"""Numba kernel that turns a plan of one user into commands which the simulator plays as planned."""

from edgeworth.core.jit import jit
from edgeworth.solvers.carbon_offloading.kernels.program import bits_of, energy, split


@jit
def command(user, point, path, store, burns, literal, local, offload):
    """Bits to command locally and by offloading in every slot.

    point [T, 5], path, store [T + 1]: the plan, as `interior.solve` leaves it. burns: what harvest is spent that is not
    needed, up to E0: none (0), what finds no room in the battery (1), what the plan does not store (2). literal: whether a
    slot serves as many bits as planned; else the buffer down to what the plan carries over. The two differ where the plan
    drops bits that the device keeps. Out: local, offload float64 [T].

    Bits are served at least energy. Energy that is burnt serves a bit more, or nothing.
    """
    held, charge = user.start, user.charge
    for t in range(user.arrivals.size):
        planned = point[t, 0] + point[t, 1]
        bits = planned if literal else held - max(path[t] - planned, 0.0)
        bits = min(max(min(bits, held), 0.0), user.local_cap + user.offload_cap[t])
        local[t], offload[t] = split(user, t, bits)
        spent = energy(user, t, local[t], offload[t])
        free = user.harvest[t] + charge - (store[t + 1] if burns == 2 else user.battery)
        free = min(free, user.burn)
        if burns > 0 and free > spent:
            local[t], offload[t] = bits_of(user, t, free)
            spent = energy(user, t, local[t], offload[t])
        held -= min(held, local[t] + offload[t])
        held = min(held + user.arrivals[t], user.buffer)
        charge = min(max(charge + user.harvest[t] - spent, 0.0), user.battery)

"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.games.normal_form.model import NormalFormGame, Profile, generate, regret, regrets


def tiny_problems() -> tuple[NormalFormGame, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(preset="matching-pennies"),
        generate(preset="coordination"),
        generate(preset="random", players=3, strategies=2, seed=0),
    )


def warm_kernels(game: NormalFormGame, profile: Profile) -> None:
    """Run the kernels that no method and no check runs; see `core.problem.Model`."""
    from edgeworth.games.normal_form.exact import quantal_response

    regret(game, profile)
    regrets(game, profile)
    quantal_response(game, 1.0)

"""Heads against torch.distributions, numerical integrals, finite differences, and their NumPy counterparts."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, distributions
from torch.nn.functional import softplus

from edgeworth.learning.deep.heads import HEADS, Beta, Categorical, Gaussian, Head, SquashedGaussian

CONTINUOUS: list[Head] = [Beta(2), SquashedGaussian(2), Gaussian(2)]
ALL: list[Head] = [Categorical(4), *CONTINUOUS]
by_kind = pytest.mark.parametrize("head", ALL, ids=lambda head: head.kind)
continuous = pytest.mark.parametrize("head", CONTINUOUS, ids=lambda head: head.kind)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def outputs(head: Head, rows: int = 6, seed: int = 1, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(rows, head.size, generator=seeded(seed), dtype=torch.float64)


def reference(head: Head, parameters: Tensor) -> distributions.Distribution:
    """The same law, of the applied action, by torch.distributions."""
    if isinstance(head, Categorical):
        return distributions.Categorical(logits=parameters)
    first, second = parameters.chunk(2, -1)
    if isinstance(head, Beta):
        return distributions.Beta(1.0 + softplus(first), 1.0 + softplus(second))
    halved = distributions.AffineTransform(0.5, 0.5)
    normal = distributions.Normal(first, second.clamp(*head.limits).exp())  # type: ignore[attr-defined]
    if isinstance(head, Gaussian):
        return distributions.TransformedDistribution(normal, [halved])
    return distributions.TransformedDistribution(normal, [distributions.TanhTransform(), halved])


def unclipped(head: Head, action: Tensor) -> Tensor:
    return 0.5 + 0.5 * action if isinstance(head, Gaussian) else head.applied(action)


@by_kind
def test_log_probabilities_are_those_of_torch_distributions(head: Head) -> None:
    parameters = outputs(head)
    action, log_prob = head.sample(parameters, seeded())
    expected = reference(head, parameters).log_prob(unclipped(head, action))
    if head.continuous:
        expected = expected.sum(-1)
    tolerance = 1e-5 if isinstance(head, Beta) else 1e-9  # concentrations carry 1e-6
    assert torch.allclose(head.log_prob(parameters, action), expected, atol=tolerance)
    assert torch.allclose(log_prob, expected, atol=tolerance)


@by_kind
def test_entropies_and_divergences_are_those_of_torch_distributions(head: Head) -> None:
    p, q = outputs(head, seed=2), outputs(head, seed=3)
    if isinstance(head, Categorical | Beta):
        entropy = reference(head, p).entropy()
        divergence = distributions.kl_divergence(reference(head, p), reference(head, q))
    else:
        first, other = (distributions.Normal(each[..., :2], each[..., 2:].clamp(*head.limits).exp()) for each in (p, q))  # type: ignore[attr-defined]
        divergence = distributions.kl_divergence(first, other)  # a bijection leaves it as it is
        entropy = first.entropy() - math.log(2.0) if isinstance(head, Gaussian) else None
    if head.continuous:
        divergence = divergence.sum(-1)
        entropy = None if entropy is None else entropy.sum(-1)
    assert torch.allclose(head.kl(p, q), divergence, atol=1e-5)
    assert torch.equal(head.kl(p, p), torch.zeros(len(p), dtype=p.dtype))
    if entropy is not None:
        assert torch.allclose(head.entropy(p), entropy, atol=1e-5)


def grid(head: Head) -> tuple[Tensor, Tensor]:
    """Stored actions of one dimension and the weights of an integral over the applied ones."""
    if isinstance(head, Beta):
        edges = torch.linspace(0.0, 1.0, 400_001, dtype=torch.float64)
    else:
        edges = torch.linspace(-40.0, 40.0, 400_001, dtype=torch.float64)
    middles = 0.5 * (edges[1:] + edges[:-1])
    return middles, unclipped(head, edges).diff()


@pytest.mark.parametrize("head", [Beta(1), SquashedGaussian(1), Gaussian(1)], ids=lambda head: head.kind)
def test_densities_integrate_to_one_and_give_the_entropy(head: Head) -> None:
    action, weight = grid(head)
    for parameters in outputs(head, rows=4, seed=5, scale=1.5):
        logs = head.log_prob(parameters.expand(len(action), -1), action.unsqueeze(-1))
        mass = logs.exp() * weight
        assert float(mass.sum()) == pytest.approx(1.0, abs=1e-6)
        finite = torch.where(mass > 0, logs, 0.0)
        error = 2e-4 if isinstance(head, SquashedGaussian) else 1e-5
        assert float(head.entropy(parameters)) == pytest.approx(float(-(mass * finite).sum()), abs=error)


@by_kind
def test_gradients_are_those_of_finite_differences(head: Head) -> None:
    parameters, other = outputs(head, 3, seed=7).requires_grad_(), outputs(head, 3, seed=8).requires_grad_()
    action, _ = head.sample(parameters, seeded())
    mask = torch.tensor([[True, False, True, True]] * 3) if isinstance(head, Categorical) else None
    if mask is not None:
        action, _ = head.sample(parameters, seeded(), mask)
    assert torch.autograd.gradcheck(lambda each: head.log_prob(each, action, mask), parameters)
    assert torch.autograd.gradcheck(lambda each: head.entropy(each, mask), parameters)
    assert torch.autograd.gradcheck(lambda p, q: head.kl(p, q, mask), (parameters, other))


@by_kind
def test_draws_repeat_with_the_generator_and_follow_the_law(head: Head) -> None:
    parameters = outputs(head, 1, seed=9).expand(40_000, -1)
    generator = seeded(4)
    state = generator.get_state()
    action, log_prob = head.sample(parameters, generator)
    again, _ = head.sample(parameters, generator)
    assert not torch.equal(action, again)
    generator.set_state(state)
    repeated, repeated_log_prob = head.sample(parameters, generator)
    assert torch.equal(action, repeated)
    assert torch.equal(log_prob, repeated_log_prob)
    assert not log_prob.requires_grad
    # minus the mean log-probability estimates the entropy; its standard error is measured from the draws
    error = 5.0 * float(log_prob.std()) / math.sqrt(len(parameters)) + 1e-5
    assert float(-log_prob.mean()) == pytest.approx(float(head.entropy(parameters[0])), abs=error)
    drawn = head.sample_numpy(parameters.numpy(), np.random.default_rng(4))
    sample, other = np.asarray(action, float), np.asarray(drawn, float)
    error = 5.0 * np.sqrt((sample.var(0) + other.var(0)) / len(sample))
    assert (np.abs(sample.mean(0) - other.mean(0)) < error).all()
    assert np.abs(sample.std(0) / other.std(0) - 1.0).max() < 0.05


@by_kind
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numpy_agrees_with_torch(head: Head, dtype: torch.dtype) -> None:
    parameters = outputs(head, 50, seed=11, scale=3.0).to(dtype)
    stored, array = head.mode(parameters), head.mode_numpy(parameters.numpy())
    assert np.allclose(stored.numpy(), array, atol=1e-6)
    assert np.allclose(head.applied(stored).numpy(), head.applied(array), atol=1e-6)
    if head.continuous:
        assert array.dtype == head.sample_numpy(parameters.numpy(), np.random.default_rng(0)).dtype == parameters.numpy().dtype
    else:
        assert array.dtype == np.int64


@continuous
def test_the_mode_of_a_density_is_its_highest_point(head: Head) -> None:
    if isinstance(head, SquashedGaussian):
        return  # the median, as documented
    parameters = outputs(head)
    mode = head.mode(parameters)
    top = head.log_prob(parameters, mode)
    for step in (-0.01, 0.01):
        assert (head.log_prob(parameters, mode + step) < top).all()


@continuous
@pytest.mark.parametrize("size", [-1e4, -100.0, 100.0, 1e4])
def test_extreme_outputs_stay_finite(head: Head, size: float) -> None:
    parameters = torch.full((200, head.size), size, requires_grad=True)
    action, log_prob = head.sample(parameters, seeded())
    applied = head.applied(action)
    assert ((applied >= 0.0) & (applied <= 1.0)).all()
    total = head.log_prob(parameters, action) + head.entropy(parameters) + head.kl(parameters, parameters.detach() * 0.9)
    total.sum().backward()  # type: ignore[no-untyped-call]
    assert parameters.grad is not None
    for each in (log_prob, total, parameters.grad, head.mode(parameters)):
        assert torch.isfinite(each).all()


@pytest.mark.parametrize("action", [0.0, 1.0, 1e-12])
def test_beta_is_finite_at_the_walls(action: float) -> None:
    parameters = torch.randn(5, 2, generator=seeded()).requires_grad_()
    density = Beta(1).log_prob(parameters, torch.full((5, 1), action))
    density.sum().backward()  # type: ignore[no-untyped-call]
    assert torch.isfinite(density).all()
    assert parameters.grad is not None
    assert torch.isfinite(parameters.grad).all()


@pytest.mark.parametrize("stored", [-15.0, 15.0])
def test_squashing_is_exact_where_tanh_has_rounded_to_one(stored: float) -> None:
    head, action = SquashedGaussian(1), torch.tensor([[stored]])
    assert abs(float(action.tanh())) == 1.0
    density = float(head.log_prob(torch.tensor([[stored, 0.0]]), action))
    assert density == pytest.approx(-0.5 * math.log(2 * math.pi) + 2 * 15.0 - math.log(2.0), abs=1e-5)


def probe_masks(head: Categorical) -> None:
    """Every property of a mask; a head that masks in another way fails."""
    logits = torch.randn(200, 5, generator=seeded(1), dtype=torch.float64).requires_grad_()
    mask = torch.rand(200, 5, generator=seeded(2)) < 0.5
    mask[torch.arange(200), torch.arange(200) % 5] = True
    closed = torch.zeros(int((~mask).sum()), dtype=torch.float64)
    logs = head.log_probs(logits, mask)
    weights = logits.exp() * mask  # the naive second implementation
    assert torch.equal(logs.exp()[~mask], closed)
    assert torch.allclose(logs.exp(), weights / weights.sum(-1, keepdim=True), atol=1e-12)
    generator = seeded(3)
    for _ in range(50):
        action, log_prob = head.sample(logits, generator, mask)
        assert mask.gather(1, action.unsqueeze(1)).all()
        assert torch.equal(log_prob, head.log_prob(logits, action, mask))
    assert mask.gather(1, head.mode(logits, mask).unsqueeze(1)).all()
    moved = head.kl(logits, logits.detach().flip(0), mask)
    (head.log_prob(logits, action, mask) + head.entropy(logits, mask) + moved).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.equal(logits.grad[~mask], closed)
    assert (logits.grad[mask] != 0.0).any()
    array, rng = logits.detach().numpy(), np.random.default_rng(1)
    assert np.array_equal(head.mode_numpy(array, mask.numpy()), head.mode(logits, mask).numpy())
    drawn = np.stack([head.sample_numpy(array, rng, mask.numpy()) for _ in range(50)])
    assert np.take_along_axis(mask.numpy(), drawn.T, 1).all()


class MaskedAfterSoftmax(Categorical):
    """The planted fault: closed actions lose their probability, and the others do not share it."""

    def log_probs(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        logs = parameters.log_softmax(-1)
        return logs if mask is None else logs.masked_fill(~mask, -math.inf)


class MaskedByAPenalty(Categorical):
    """Another: closed logits are lowered by a number that leaves them some probability."""

    def log_probs(self, parameters: Tensor, mask: Tensor | None = None) -> Tensor:
        return (parameters if mask is None else parameters - 20.0 * ~mask).log_softmax(-1)


def test_masked_actions_have_probability_and_gradient_exactly_zero() -> None:
    probe_masks(Categorical(5))


@pytest.mark.parametrize("faulty", [MaskedAfterSoftmax, MaskedByAPenalty])
def test_faults_in_masking_are_caught(faulty: type[Categorical]) -> None:
    with pytest.raises(AssertionError):
        probe_masks(faulty(5))


def test_one_open_action_is_certain_and_teaches_nothing() -> None:
    head, logits = Categorical(3), torch.tensor([[5.0, -5.0, 0.0]], requires_grad=True)
    mask = torch.tensor([[False, True, False]])
    action, log_prob = head.sample(logits, seeded(), mask)
    assert (int(action), float(log_prob), float(head.entropy(logits, mask).detach())) == (1, 0.0, 0.0)
    head.log_prob(logits, action, mask).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert torch.equal(logits.grad, torch.zeros(1, 3))


def test_a_mask_that_closes_everything_is_refused() -> None:
    head, mask = Categorical(2), np.array([[True, False], [False, False]])
    logits = np.zeros((2, 2))
    rule = r"mask: must leave at least one action open in every row; got 'none open in row \[1\]'"
    with pytest.raises(ValueError, match=rule):
        head.sample(torch.from_numpy(logits), seeded(), torch.from_numpy(mask))
    with pytest.raises(ValueError, match=rule):
        head.mode_numpy(logits, mask)
    with pytest.raises(ValueError, match="mask: must have the shape"):
        head.mode_numpy(logits, mask[:1])


@continuous
def test_continuous_heads_refuse_masks_and_wrong_lengths(head: Head) -> None:
    values: NDArray[np.float64] = np.zeros((2, head.size))
    with pytest.raises(ValueError, match=f"mask: must be None for the head '{head.kind}'"):
        head.mode_numpy(values, values > 0)
    with pytest.raises(ValueError, match="parameters: must have 4 entries"):
        head.mode(torch.zeros(2, 3))


def test_heads_are_told_by_name_and_check_their_sizes() -> None:
    assert {name: kind(3).size for name, kind in HEADS.items()} == {  # type: ignore[call-arg]
        "categorical": 3,
        "beta": 6,
        "squashed-gaussian": 6,
        "gaussian": 6,
        "deterministic": 3,
    }
    with pytest.raises(ValueError, match="n: must be at least 1"):
        Categorical(0)
    with pytest.raises(TypeError, match="dim: must be an integer"):
        Beta(1.5)  # type: ignore[arg-type]

"""PPO's loss against TorchRL's, where that is installed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch

from edgeworth.learning import deep
from edgeworth.learning.deep.heads import Categorical
from edgeworth.learning.deep.ppo import Batch, policy_loss, value_loss

ROWS, INPUTS, ACTIONS = 200, 3, 4


@pytest.mark.parametrize("entropy", [0.0, 0.03])
@pytest.mark.parametrize("normalised", [True, False])
def test_ppos_loss_equals_torchrls_where_that_is_installed(entropy: float, normalised: bool) -> None:
    """Losses of policy and critic, entropy, estimate of the divergence and share of clipped ratios, on the same tensors."""
    pytest.importorskip("torchrl", exc_type=ImportError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what TorchRL warns of is not ours
        theirs, batch, logits, values = _theirs(entropy, normalised)
    params = deep.PPO(entropy=entropy, clip=0.2, normalise_advantages=normalised)
    loss, log_ratio = policy_loss(params, Categorical(ACTIONS), logits, batch)
    expected = theirs["loss_objective"] + (theirs["loss_entropy"] if entropy else 0.0)
    assert float(loss) == pytest.approx(float(expected), abs=1e-6)
    assert float(value_loss(values, batch.target)) == pytest.approx(float(theirs["loss_critic"]), abs=1e-6)
    assert float(((log_ratio.exp() - 1.0).abs() > 0.2).float().mean()) == pytest.approx(
        float(theirs["clip_fraction"]), abs=1e-6
    )
    assert float(-log_ratio.mean()) == pytest.approx(float(theirs["kl_approx"]), abs=1e-6)


def _theirs(entropy: float, normalised: bool) -> tuple[Any, Batch, Any, Any]:
    from tensordict import TensorDict
    from tensordict.nn import TensorDictModule
    from torchrl.modules import ProbabilisticActor, ValueOperator
    from torchrl.objectives import ClipPPOLoss

    generator = torch.Generator().manual_seed(1)
    rng = np.random.default_rng(1)
    obs = torch.randn(ROWS, INPUTS, generator=generator)
    actor, critic = torch.nn.Linear(INPUTS, ACTIONS), torch.nn.Linear(INPUTS, 1)
    with torch.no_grad():
        for each in (*actor.parameters(), *critic.parameters()):
            each.copy_(torch.from_numpy(rng.normal(size=tuple(each.shape))))
        logits, values = actor(obs), critic(obs)[:, 0]
        old = logits + 0.4 * torch.randn(ROWS, ACTIONS, generator=generator)
        action, log_prob = Categorical(ACTIONS).sample(old, generator)
    advantage, target = (torch.randn(ROWS, generator=generator) for _ in range(2))
    module = ProbabilisticActor(
        TensorDictModule(actor, in_keys=["observation"], out_keys=["logits"]),
        in_keys=["logits"],
        distribution_class=torch.distributions.Categorical,
        return_log_prob=True,
    )
    objective = ClipPPOLoss(
        module,
        ValueOperator(critic, in_keys=["observation"]),
        clip_epsilon=0.2,
        entropy_bonus=entropy > 0.0,
        entropy_coeff=entropy,
        critic_coeff=1.0,
        loss_critic_type="l2",
        normalize_advantage=normalised,
    )
    data = TensorDict(
        {
            "observation": obs,
            "action": action,
            objective.tensor_keys.sample_log_prob: log_prob,
            "advantage": advantage[:, None],
            "value_target": target[:, None],
        },
        batch_size=[ROWS],
    )
    with torch.no_grad():
        found = objective(data)
    return found, Batch(obs, obs, action, log_prob, advantage, target), logits, values

"""The three networks of the FUSION paper, trained by torch (extra "learn"), used without it."""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.forecasting.networks.network import ARCHITECTURES as ARCHITECTURES
    from edgeworth.forecasting.networks.network import Network as Network
    from edgeworth.forecasting.networks.pooled import pooled_network as pooled_network
    from edgeworth.forecasting.networks.pooled import train_pooled as train_pooled
    from edgeworth.forecasting.networks.train import Training as Training
    from edgeworth.forecasting.networks.train import fit_network as fit_network

_ROOMS = {
    "ARCHITECTURES": "network",
    "Network": "network",
    "Training": "train",
    "fit_network": "train",
    "pooled_network": "pooled",
    "train_pooled": "pooled",
}

__all__ = sorted(_ROOMS, key=lambda name: (not name[0].isupper(), name))
__getattr__ = later(__name__, _ROOMS)


def __dir__() -> list[str]:
    return __all__.copy()

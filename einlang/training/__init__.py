"""Training: losses, optimisers, checkpoints and the loop; models say how they are differentiated.

>>> sorted(LOSSES), sorted(OPTIMISERS)
(['binary_cross_entropy', 'cross_entropy', 'mse'], ['adam', 'lion', 'spsa'])
"""

from einlang.training.loop import Plan, Trained, fit
from einlang.training.losses import LOSSES
from einlang.training.model import Model, Pull
from einlang.training.optimisers import OPTIMISERS

__all__ = ["LOSSES", "OPTIMISERS", "Model", "Plan", "Pull", "Trained", "fit"]

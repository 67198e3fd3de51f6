"""Networks of recurrent layers over one flat parameter vector: forward and backward passes."""

from tsrnn.network.network import Network
from tsrnn.network.truncation import truncated_value_and_gradient
from tsrnn.network.workspace import Objective, Workspace

__all__ = ["Network", "Objective", "Workspace", "truncated_value_and_gradient"]

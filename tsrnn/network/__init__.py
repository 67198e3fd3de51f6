"""Networks of recurrent layers: parameters, buffers and the order of kernels, forward and backward."""

from tsrnn.network.network import Network
from tsrnn.network.truncation import truncated_value_and_gradient
from tsrnn.network.workspace import Objective, Workspace

__all__ = ["Network", "Objective", "Workspace", "truncated_value_and_gradient"]

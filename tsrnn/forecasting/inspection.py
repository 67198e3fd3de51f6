"""Inspection of fitted networks: weights, gates, and the flow of gradients through time."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError

from tsrnn.forecasting.fitted import FittedMixin
from tsrnn.network import Network
from tsrnn.network.exchange import export_weights, import_weights
from tsrnn.network.gradients import gradient_flow, spectral_radii
from tsrnn.training.windows import Batch
from tsrnn.validation import check_positive_integer, counted

_SHOWN = ("i", "f", "g", "o", "r", "z", "n", "c", "y_before", "h")


class WeightsMixin(FittedMixin):
    """Methods of every recurrent estimator, on its fitted ``network_`` and ``thetas_``."""

    network_: Network
    thetas_: np.ndarray

    def summary(self) -> str:
        """Return the fitted network's layers and parameter counts as a table."""
        return self._fitted_network().summary()

    def get_weights(self, layout: str = "tsrnn", *, member: int = 0) -> dict[str, np.ndarray]:
        """Return the weights by name.

        Parameters
        ----------
        layout : {"tsrnn", "torch", "keras"}, default "tsrnn"
            Names, shapes and order of gates: the library's own, those of ``state_dict()`` of torch.nn.RNN,
            LSTM and GRU with the head as ``head.weight`` and ``head.bias``, or those of ``get_weights()`` of
            keras.layers; `tsrnn.network.exchange.export_weights` explains them.
        member : int, default 0
            Which network, if there are several.

        Returns
        -------
        dict of str to ndarray
            Copies.

        Raises
        ------
        sklearn.exceptions.NotFittedError, ValueError
            Before `fit`; if the layout does not know the cell; if there is no such member.

        Examples
        --------
        >>> from tsrnn import RNNForecaster
        >>> model = RNNForecaster("lstm", hidden_size=4, max_steps=1, random_state=0).fit(np.arange(50.0))
        >>> {name: array.shape for name, array in model.get_weights("torch").items()}
        {'weight_ih_l0': (16, 1), 'weight_hh_l0': (16, 4), 'bias_ih_l0': (16,), 'bias_hh_l0': (16,),
         'head.weight': (1, 4), 'head.bias': (1,)}
        """
        self = self._snapshot()
        return export_weights(self._fitted_network(), self._theta(member), layout)

    def set_weights(self, weights: Mapping[str, Any], layout: str = "tsrnn", *, member: int = 0) -> Self:
        """Replace the weights by others of the same names and shapes, such as `get_weights` returns.

        How the data are prepared stays as `fit` has found it, so a network trained elsewhere must have been
        trained on data prepared the same way.

        Parameters
        ----------
        weights : mapping of str to array-like
            All of them. To set only the recurrent layers, from a torch.nn.LSTM say:
            ``model.set_weights({**model.get_weights("torch"), **lstm.state_dict()}, "torch")``.
        layout, member
            As for `get_weights`.

        Returns
        -------
        self

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            As `get_weights`, and if names, shapes or numbers do not fit; then nothing is changed.
        """
        theta = import_weights(self._fitted_network(), weights, layout)
        thetas = self.thetas_.copy()
        self._theta(member, thetas)[:] = theta
        self.thetas_ = thetas
        return self

    def _fitted_network(self) -> Network:
        if "models_" in vars(self):
            raise ValueError(
                "Each series has a network of its own here. Ask one of them, by the name of its series: "
                "models_[key], which has all methods, update() included."
            )
        if "network_" not in vars(self):
            raise NotFittedError(f"This {type(self).__name__} is not fitted yet. Call fit(y) first.")
        return self.network_

    def _theta(self, member: int, thetas: np.ndarray | None = None) -> np.ndarray:
        thetas = self.thetas_ if thetas is None else thetas
        if member not in range(len(thetas)):
            raise ValueError(
                f"`member` must be one of the {counted(len(thetas), 'network')} from 0 on; got {member!r}."
            )
        return thetas[member]


class InspectionMixin(WeightsMixin):
    """Methods of estimators that read the last look-back of a series.

    Subclasses with a parameter ``loss`` implement `_sample` and `_latest`, which say what the network reads.
    """

    loss: str

    def gates(
        self,
        y: Any = None,
        *,
        layer: int = -1,
        member: int = 0,
        X: Any = None,
        X_past: Any = None,
        static: Any = None,
    ) -> pd.DataFrame:
        """Return what the units of a layer did while the network read the last look-back of a series.

        Those are the steps that `predict` forecasts from, prepared and normalised as there, from the zero
        state on; for another stretch, pass a series that ends with it. Computed by the equations in
        `tsrnn.cells`.

        Parameters
        ----------
        y : pandas.Series or array-like, optional
            As for `predict`; default: what `fit` has seen.
        layer : int, default -1
            Counted from the input; -1 is the top layer.
        member : int, default 0
            Which network, if there are several.
        X, X_past, static : optional
            Covariates of `y`, up to its end, if the model was fitted with covariates.

        Returns
        -------
        pandas.DataFrame
            Index: the last labels of `y`, of patches the last of each. Columns: ``gate`` and ``unit``. Gates
            are "i", "f", "g", "o" and the memory "c" of LSTMs, "r", "z", "n" of GRUs, "y_before" of "jordan",
            the output it was fed, and the state "h"; with ``_reverse`` at the end for the other direction.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            Before `fit`; if `y`, its covariates, `layer` or `member` cannot be used, or `y` has many series.

        Examples
        --------
        >>> from tsrnn import RNNForecaster, datasets
        >>> y = datasets.load("nile")
        >>> model = RNNForecaster("gru", hidden_size=2, max_steps=50, random_state=0).fit(y)
        >>> model.gates()["z"].round(1).tail(2)  # the share of each unit's past that stays
        unit          0    1
        date
        1969-01-01  0.3  0.8
        1970-01-01  0.3  0.7
        """
        from tsrnn.cells import run_network

        self = self._snapshot()
        network = self._fitted_network()
        if layer not in range(-network.num_layers, network.num_layers):
            raise ValueError(
                f"`layer` must be from {-network.num_layers} to {network.num_layers - 1} in this network; "
                f"got {layer!r}."
            )
        x, index = self._latest((y, X, X_past, static))
        taken = run_network(network, self._theta(member), x)
        number, frames = range(network.num_layers)[layer], {}
        for suffix in network.architecture.suffixes:
            steps = taken[f"{number}{suffix}"][: len(index)]  # steps of the horizon may follow
            for gate in (name for name in _SHOWN if name in steps[0]._fields):
                values = np.stack([getattr(step, gate) for step in steps])
                frames[gate + suffix] = pd.DataFrame(values, index=index)
        return pd.concat(frames, axis=1, names=["gate", "unit"])

    def gradient_flow(
        self,
        y: Any = None,
        *,
        n_windows: int = 100,
        member: int = 0,
        X: Any = None,
        X_past: Any = None,
        static: Any = None,
    ) -> pd.DataFrame:
        """Return how much of the loss's gradient arrives at the states of earlier steps.

        The loss is that of the forecast made after the last step of a look-back: all of the horizon, or with
        "recursive" the next value. A gradient that dies out within a few steps, as a plain RNN's may, can't
        teach the network to use what lies further back; one that grows makes training unstable, unless it is
        clipped.

        Parameters
        ----------
        y : pandas.Series or array-like, optional
            As for `predict`; default: what `fit` has seen.
        n_windows : int, default 100
            Look-backs to average over at most, evenly spread.
        member : int, default 0
            Which network, if there are several.
        X, X_past, static : optional
            Covariates of `y`, up to its end, if the model was fitted with covariates.

        Returns
        -------
        pandas.DataFrame
            Index ``lag``: steps back from the last state of the look-back, 1 to its length (in patches, if
            those are read). Columns: "h_0", "h_1", ... for each layer's states and, of LSTMs, "c_0", ...
            for the memories: the norm of d loss / d state, root of the mean square over the windows.
            ``attrs["spectral_radius"]`` has the largest eigenvalue of each recurrent matrix in size; see
            `tsrnn.network.gradients.spectral_radii`.

        Raises
        ------
        sklearn.exceptions.NotFittedError, TypeError, ValueError
            Before `fit`; if a parameter cannot be used; for bidirectional networks.

        Notes
        -----
        Bengio, Simard & Frasconi (1994); Pascanu, Mikolov & Bengio (2013), section 2. Entries below 1e-30 are
        taken for 0 on the way.

        Examples
        --------
        >>> from tsrnn import RNNForecaster, datasets
        >>> y = datasets.load("nile")
        >>> model = RNNForecaster("rnn", hidden_size=8, lookback=20, max_steps=50, random_state=0).fit(y)
        >>> flow = model.gradient_flow()
        >>> bool(flow["h_0"].iloc[-1] < 0.2 * flow["h_0"].iloc[0])
        True
        """
        self = self._snapshot()
        network, theta = self._fitted_network(), self._theta(member)
        n = check_positive_integer("n_windows", n_windows, "windows")
        batch, n_ahead = self._sample((y, X, X_past, static), n)
        target = batch.target[-(network.architecture.n_decoded or n_ahead or 1) :]
        flow = gradient_flow(network, theta, batch.x, target, self.loss, batch.size, batch.known, n_ahead)
        frame = pd.DataFrame(flow, index=pd.RangeIndex(1, len(batch.x) - n_ahead + 1, name="lag"))
        frame.attrs["spectral_radius"] = spectral_radii(network, theta)
        return frame

    def _sample(self, history: tuple[Any, ...], n_windows: int) -> tuple[Batch, int]:
        """Return look-backs of (y, X, X_past, static) with what follows, and how many steps of x follow."""
        raise NotImplementedError

    def _latest(self, history: tuple[Any, ...]) -> tuple[np.ndarray, pd.Index]:
        """Return what the network reads last, (T, n_inputs), and the labels of the look-back's steps."""
        raise NotImplementedError

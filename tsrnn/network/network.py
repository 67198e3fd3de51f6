"""Network of stacked recurrent layers with a dense head, over one flat parameter vector."""

from math import prod

import numpy as np

from tsrnn.kernels.cells import CELLS
from tsrnn.kernels.losses import N_PARAMETERS
from tsrnn.network.architecture import Architecture, Inputs, check_compatible, pack_index
from tsrnn.network.initialisation import initialise
from tsrnn.network.layers.output_feedback import OutputFeedback
from tsrnn.network.layout import named_views
from tsrnn.network.summary import summary
from tsrnn.network.workspace import Objective, Workspace


class Network:
    """A stack of recurrent layers under a dense linear head.

    The network holds no weights: every method takes them as the flat vector ``theta``, so that one object can
    be used by several threads and ensemble members.

    Parameters
    ----------
    cell : str
        Kind of recurrent layer: "rnn", "rnn_relu", "irnn", "jordan", "lstm", "lstm_peephole", "gru" or
        "gru_reset_before"; or "dense", a layer with max(0, .) without recurrence.
    n_inputs : int
        Inputs at each step, without categories.
    hidden_size : int
        Units of each recurrent layer, in each direction.
    num_layers : int
        Recurrent layers, each reading the states of the one below.
    n_outputs : int
        Outputs of the head at each step.
    dropout : float, default 0.0
        Probability of zeroing an output of a layer, to the next layer or the head, in training.
    bidirectional : bool, default False
        Run each layer a second time from the last step to the first, with weights of its own; the outputs are
        the states of both directions (Schuster & Paliwal, 1997). A head that reads one step reads the last of
        each direction.
    residual : bool, default False
        Add a layer's input to its output, from the second layer on (He et al., 2016).
    dilation : int, default 1
        Layer l recurs over ``dilation**l`` steps (Chang et al., 2017).
    embedding : bool, default False
        Pass the inputs of each step through a dense layer of `hidden_size` and max(0, .) first.
    n_decoded : int, default 0
        If positive, the outputs are those of `decoder` at so many steps after the last input.
    decoder : {"parallel", "sequential"}, default "parallel"
        "parallel": single steps, all from the final state, each with its own learned input vector (Lin et
        al., 2023, SegRNN). "sequential": a second stack with weights of its own starts from the final states
        of all layers; each step reads the output of the one before, the first step the first `n_outputs` of
        the last inputs (Cho et al., 2014; Sutskever et al., 2014).
    n_symbols : int, default 0
        If positive, the input of each step is a symbol, 0 to n_symbols - 1, which is replaced by a learned
        vector of `n_inputs` numbers.
    pooling : {"last", "mean"}, default "last"
        What the head reads if it is applied to one step: the last state of each direction, or the mean over
        all steps.
    n_future : int, default 0
        Future covariates that each decoded step reads: "sequential" steps as further inputs, "parallel" steps
        added to their input vector, multiplied by the matrix ``W_known``.
    categories : tuple of (int, int), default ()
        For each category n and d: its column of x, after the values, holds numbers from 0 to n - 1, which are
        replaced by learned vectors of d numbers (Guo & Berkhahn, 2016); negative numbers by zeros.
    dtype : {"float32", "float64"}, default "float32"
        Type of the parameters and of all computation.

    Attributes
    ----------
    n_parameters : int
        Length of ``theta``.

    Examples
    --------
    >>> network = Network("lstm", n_inputs=1, hidden_size=8, num_layers=1, n_outputs=3)
    >>> network.n_parameters == 4 * (8 * 8 + 8 * 1 + 8) + 3 * (8 + 1)
    True
    >>> theta = network.initialise(np.random.default_rng(0))
    >>> output, state = network.forward(theta, np.zeros((5, 2, 1), "float32"), first=-1)
    >>> output.shape, state[0].shape  # one step of 2 windows, 3 outputs; h and c, 1 slot, 2 windows, 8 units
    ((1, 2, 3), (2, 1, 2, 8))
    """

    def __init__(
        self,
        cell: str,
        n_inputs: int,
        hidden_size: int,
        num_layers: int,
        n_outputs: int,
        *,
        dropout: float = 0.0,
        bidirectional: bool = False,
        residual: bool = False,
        dilation: int = 1,
        embedding: bool = False,
        n_decoded: int = 0,
        decoder: str = "parallel",
        n_symbols: int = 0,
        pooling: str = "last",
        n_future: int = 0,
        categories: tuple[tuple[int, int], ...] = (),
        dtype: str = "float32",
    ) -> None:
        self.architecture = Architecture(
            CELLS[cell],
            n_inputs,
            hidden_size,
            num_layers,
            n_outputs,
            dropout,
            bidirectional,
            residual,
            dilation,
            embedding,
            n_decoded,
            decoder,
            n_symbols,
            pooling,
            n_future,
            tuple(categories),
            np.dtype(dtype),
        )
        self.cell_name = cell
        self.n_inputs, self.n_outputs, self.hidden_size = n_inputs, n_outputs, hidden_size
        self.num_layers, self.dropout, self.dtype = num_layers, dropout, self.architecture.dtype
        check_compatible(self.architecture, cell)
        self._shapes = dict(self.architecture.named_shapes())
        self.n_parameters = sum(map(prod, self._shapes.values()))
        self._composed_shapes = dict(self.architecture.composed_shapes())
        self._n_extended = self.n_parameters + sum(map(prod, self._composed_shapes.values()))
        positions = np.arange(self._n_extended)
        composed = named_views(positions[self.n_parameters :], self._composed_shapes)
        self.packings = pack_index(self.architecture, self.views(positions) | composed)

    def views(self, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Return the named parameters as views into `theta` (or into a gradient like it).

        For each layer l: ``W_ih_l`` (n_gates H, inputs), ``W_hh_l`` (n_gates H, H), ``bias_l`` (n_biases H,),
        with gates in PyTorch's order; ``W_ih_l_decoder`` and so on for a sequential decoder; then ``W_head``
        (n_outputs, H) and ``b_head`` (n_outputs,).
        """
        return named_views(theta, self._shapes)

    def initialise(self, rng: np.random.Generator) -> np.ndarray:
        """Return random initial parameters.

        Input and dense weights are uniform within sqrt(6 / (fan in + fan out)) of 0 (Glorot & Bengio, 2010,
        eq. 16), each gate's recurrent block is orthogonal (Saxe et al., 2014), or the identity for "irnn" (Le
        et al., 2015), vectors of positions and symbols are standard normal, biases and peepholes zero,
        except the bias of the LSTM's forget gate, which is one (Jozefowicz et al., 2015). Vectors of d
        numbers for categories are normal with variance 1 / d.
        """
        theta = np.zeros(self.n_parameters, self.architecture.dtype)
        initialise(self.architecture, self.views(theta), rng)
        return theta

    def zero_state(self, n_windows: int) -> list[np.ndarray]:
        """Return the default initial state: for each layer zeros (n_states, slots, n_windows, H)."""
        network = self.architecture
        shapes = [
            (network.cell.n_states, network.skip(layer), n_windows, network.hidden_size)
            for layer in range(network.num_layers)
        ]
        return [np.zeros(shape, network.dtype) for shape in shapes]

    def workspace(self, n_threads: int = 1) -> Workspace:
        """Return buffers for `forward` and `value_and_gradient`, to be used by one caller at a time.

        They are reused for batches of the same size, and large batches are spread over `n_threads` threads.
        Results do not depend on them.
        """
        return Workspace(self.architecture, self.packings, n_threads, self._feedback())

    def packed(self, theta: np.ndarray) -> np.ndarray:
        """Return the weights in the layout of the kernels, one vector; see `pack_index`."""
        positions, feedback = self.packings[0].positions, self._feedback()
        numbers = feedback.compose(theta) if feedback else theta
        return np.where(positions < 0, numbers.dtype.type(0), numbers[positions])

    def forward(
        self,
        theta: np.ndarray,
        x: np.ndarray,
        state: list[np.ndarray] | None = None,
        first: int = 0,
        *,
        lengths: np.ndarray | None = None,
        begins: np.ndarray | None = None,
        future: np.ndarray | None = None,
        workspace: Workspace | None = None,
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Return the outputs and the final state for a batch of windows.

        Parameters
        ----------
        theta : ndarray of shape (n_parameters,)
        x : ndarray of shape (T, B, n_inputs + len(categories))
            Inputs, time first, the numbers of categories last; for symbols of shape (T, B, 1).
        state : list of ndarray, optional
            Initial state, as returned; default: zeros. Not for bidirectional networks. Windows that begin
            after step 0 start from zeros.
        first : int, default 0
            First step that the head is applied to; -1 is the last step only. Without effect if `n_decoded`.
        lengths : ndarray of shape (B,), optional
            Steps of each window, at least 1; default: all have T. Later steps are padding, which must be
            finite and has no effect. A head applied to the last step reads the last of each window. Not with
            `n_decoded`.
        begins : ndarray of shape (B,), optional
            First step of each window, before T (before its end, with `lengths`); default: 0 for all. Earlier
            steps are padding, which must be finite and has no effect: states are zero until then.
        future : ndarray of shape (n_decoded, B, n_future), optional
            Future covariates of the decoded steps, finite; required if `n_future`.
        workspace : Workspace, optional
            Buffers to reuse; default: new ones.

        Returns
        -------
        output : ndarray of shape (steps from `first` on or `n_decoded`, B, n_outputs)
        state : list of ndarray
            Final state, from which the next steps can be computed: for each layer
            (n_states, ``dilation**layer``, B, H); empty for a bidirectional network or with `lengths`.
        """
        inputs = self._inputs(x, state, lengths, begins, future)
        workspace = workspace or self.workspace()
        network = self.architecture
        n_steps = network.n_decoded or len(range(len(x))[first:])
        output = np.empty((n_steps, x.shape[1], network.n_outputs), network.dtype)
        has_final_state = not network.bidirectional and lengths is None
        final = self.zero_state(x.shape[1]) if has_final_state else []
        workspace.forward(theta, inputs, output, final)
        return output, final

    def value_and_gradient(
        self,
        theta: np.ndarray,
        x: np.ndarray,
        target: np.ndarray,
        loss: str,
        gradient: np.ndarray,
        *,
        rng: np.random.Generator | None = None,
        teacher_forcing: float = 0.0,
        state: list[np.ndarray] | None = None,
        lengths: np.ndarray | None = None,
        begins: np.ndarray | None = None,
        future: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        size: np.ndarray | None = None,
        final: list[np.ndarray] | None = None,
        d_state: list[np.ndarray] | None = None,
        workspace: Workspace | None = None,
    ) -> float:
        """Return the mean loss and write its gradient, by backpropagation through time.

        Parameters
        ----------
        theta, x, state, lengths, begins, future, workspace
            As in `forward`.
        target : ndarray
            Targets of the last steps, or of all decoded ones, (steps, B, n_outputs), nan where there is none.
            For "cross_entropy" (steps, B, 1), the numbers of classes, for which the outputs are logits; for a
            distribution with K parameters (steps, B, n_outputs / K).
        loss : {"mse", "mae", "huber", "cross_entropy", "quantile", "gaussian", "student_t", "negbin"}
            The last four are distributions; see `tsrnn.forecasting.intervals.distributions`.
        gradient : ndarray of shape (n_parameters,)
            Overwritten with d loss / d theta.
        rng : numpy.random.Generator, optional
            For dropout masks and `teacher_forcing`; None: neither is applied.
        teacher_forcing : float, default 0.0
            Probability that a step of a sequential decoder reads the target of the step before it, if it is
            not nan, instead of its output; drawn for each step and window (Bengio et al., 2015).
        weight : ndarray of shape (steps, B), optional
            Weights of the targets in the mean; default: 1 for each.
        size : ndarray of shape (B,), optional
            What the values of each window were divided by, for losses that need it; default: 1 for each.
        final, d_state : list of ndarray, optional
            Like `zero_state`, overwritten with the final states and with d loss / d initial states.

        Returns
        -------
        float
        """
        self._check_loss(loss, target)
        inputs = self._inputs(x, state, lengths, begins, future)._replace(
            masks=self._dropout_masks(x, rng), truth=self._truth(target, teacher_forcing, rng)
        )
        objective = Objective.of(loss, target, weight, size)
        workspace = workspace or self.workspace()
        return workspace.value_and_gradient(theta, inputs, objective, gradient, final or [], d_state or [])

    def _inputs(
        self,
        x: np.ndarray,
        state: list[np.ndarray] | None,
        lengths: np.ndarray | None,
        begins: np.ndarray | None,
        future: np.ndarray | None,
    ) -> Inputs:
        self._check_state(state)
        self._check_categories(x)
        if lengths is not None and self.architecture.n_decoded:
            raise ValueError(
                "Decoded steps follow the last step of all windows; with `lengths` each has its own. "
                "Pass windows of one length, or set n_decoded=0."
            )
        spans = np.empty((0, 2), np.int64)
        if lengths is not None or begins is not None:
            spans = np.tile(np.array([0, len(x)], np.int64), (x.shape[1], 1))
            spans[:, 0] = 0 if begins is None else begins
            spans[:, 1] = len(x) if lengths is None else lengths
        return Inputs(x, state, spans, future=self._check_future(future, x.shape[1]))

    def _check_future(self, future: np.ndarray | None, n_windows: int) -> np.ndarray | None:
        network = self.architecture
        needed = (network.n_decoded, n_windows, network.n_future) if network.n_future else None
        arrived = None if future is None else future.shape
        if arrived != needed:
            raise ValueError(
                f"With n_future={network.n_future}, `future` must be of shape {needed}; got {arrived}. "
                "Pass the future covariates of each decoded step of each window, or set n_future."
            )
        return None if future is None else np.ascontiguousarray(future, self.dtype)

    def _check_loss(self, loss: str, target: np.ndarray) -> None:
        n_outputs, n_parameters = self.architecture.n_outputs, N_PARAMETERS.get(loss, 1)
        if self.architecture.has_sequential_decoder and (loss == "cross_entropy" or n_parameters > 1):
            outputs = "logits" if loss == "cross_entropy" else "parameters of distributions"
            raise ValueError(
                f'A sequential decoder reads its outputs; with loss="{loss}" they are {outputs}. '
                'Choose another loss, or decoder="parallel".'
            )
        if loss != "cross_entropy" and n_outputs != n_parameters * target.shape[2]:
            raise ValueError(
                f'loss="{loss}" needs {n_parameters} outputs for each target; got n_outputs={n_outputs} '
                f"and targets of shape {target.shape}. Set n_outputs={n_parameters * target.shape[2]}."
            )

    def _check_state(self, state: list[np.ndarray] | None) -> None:
        if state is not None and self.architecture.bidirectional:
            raise ValueError(
                "A bidirectional network needs the whole input at once and cannot go on from a state. "
                "Pass state=None, or set bidirectional=False."
            )

    def _check_categories(self, x: np.ndarray) -> None:
        n = self.n_inputs + len(self.architecture.categories)
        if n > self.n_inputs and x.shape[2] != n:
            raise ValueError(
                f"`x` has {x.shape[2]} columns; n_inputs={self.n_inputs} values and the numbers of "
                f"{n - self.n_inputs} categories need {n}. Append them to the values of each step."
            )

    def _feedback(self) -> OutputFeedback | None:
        if not self.architecture.cell.feeds_output_back:
            return None
        n = self.n_parameters
        return OutputFeedback(self._shapes, self._composed_shapes, n, self._n_extended, self.dtype)

    def _dropout_masks(self, x: np.ndarray, rng: np.random.Generator | None) -> list[np.ndarray] | None:
        """Draw dropout masks for the outputs of each layer that are read, those of decoded steps last."""
        network = self.architecture
        if rng is None or network.dropout == 0:
            return None
        keep, width = 1 - network.dropout, network.hidden_size * len(network.suffixes)
        scale = network.dtype.type(1 / keep)
        sizes = [len(x) + network.n_decoded] * network.num_layers
        sizes[-1] = network.n_decoded or len(x)
        shapes = [(size, x.shape[1], width) for size in sizes]
        return [(rng.random(shape, np.float32) < keep) * scale for shape in shapes]

    def _truth(self, target: np.ndarray, share: float, rng: np.random.Generator | None) -> np.ndarray | None:
        """Draw the targets that a decoder reads instead of its outputs; nan where it reads its outputs."""
        if rng is None or share == 0 or not self.architecture.has_sequential_decoder:
            return None
        is_forced = rng.random(target.shape[:2], np.float32) < share
        return np.where(is_forced[:, :, None], target, target.dtype.type(np.nan))

    def summary(self) -> str:
        """Return a table of the layers with their numbers of parameters.

        Examples
        --------
        >>> print(Network("rnn", 1, 4, 1, 2).summary())
        layer           shape        parameters
        rnn 0           1 -> 4               24
        head            4 -> 2               10
        total                                34
        """
        return summary(self.architecture, self.cell_name, self._shapes)

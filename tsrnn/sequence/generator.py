"""Recurrent generator, which learns sequences of symbols and samples new ones."""

from collections.abc import Mapping
from math import exp, log
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from tsrnn.forecasting.fitted import FittedMixin
from tsrnn.network import Network
from tsrnn.network.exchange import export_weights, import_weights
from tsrnn.sequence.parameters import GENERATOR
from tsrnn.sequence.symbol_stream import SymbolStream
from tsrnn.sequence.symbols import SymbolEncoding, SymbolSequences, read_contexts, read_sequences
from tsrnn.training.loop import Training, train_all
from tsrnn.training.truncated_bptt import Corpus, InitialState, TruncatedRun, mean_loss, validation_split
from tsrnn.validation import ParametersMixin, check_choice, seed_sequence, with_parameters

_UNITS = {"nats": float, "bits": lambda nats: nats / log(2), "perplexity": exp}
_SCORING_BATCH, _SCORING_STEPS = 256, 256


@with_parameters(GENERATOR)
class RNNGenerator(FittedMixin, ParametersMixin, BaseEstimator):
    """Learn sequences of symbols with a recurrent network, and sample new sequences.

    At each step the network reads a symbol, as a learned vector, and returns the probability of every symbol
    to be the next (Graves, 2013): characters of a text, notes of a melody, bases of a genome, samples of a
    sound encoded by `mulaw_encode`. In sampling, each drawn symbol is the next input.

    Attributes
    ----------
    symbols_ : list
        The distinct symbols, sorted if possible: the order of probabilities.
    contexts_ : list or None
        The distinct labels of contexts; None without contexts, or if these are vectors.
    ends_ : bool
        Whether the end of sequences is predicted, too: if `fit` was given many.
    history_ : pandas.DataFrame
        One row for each evaluation, as in `RNNForecaster`; losses are in nats per symbol.
    n_parameters_ : int
        Trained numbers.
    interrupted_ : bool
        Whether Ctrl-C ended training early.

    Notes
    -----
    A further symbol, which stands for the start, is put before every sequence. With many sequences it is put
    after each, too, so that how they begin and where they end is learned. A single sequence is treated as
    part of an endless one: it is split into rows that may start anywhere, and its end is not learned.

    Examples
    --------
    >>> from tsrnn import RNNGenerator
    >>> text = "to be, or not to be: that is the question. " * 20
    >>> model = RNNGenerator(hidden_size=32, max_steps=300, random_state=0).fit(text)
    >>> model.sample(20, prime="to be, ", temperature=0)
    'or not to be: that i'
    >>> model.score("the question. ", unit="perplexity") < 1.5
    True

    Melodies of two kinds, with a label as context:

    >>> melodies = [["C4", "E4", "G4"], ["A3", "C4", "E4"]] * 10
    >>> model = RNNGenerator(hidden_size=16, max_steps=150, random_state=0)
    >>> model.fit(melodies, context=["major", "minor"] * 10).sample(8, context="minor", temperature=0)
    ['A3', 'C4', 'E4']
    """

    encoding_: SymbolEncoding
    network_: Network
    initial_state_: InitialState
    theta_: np.ndarray

    def __init__(
        self,
        cell: str = "gru",
        *,
        hidden_size: int = 128,
        num_layers: int = 1,
        embedding_size: int = 32,
        dropout: float = 0.0,
        bptt: int = 64,
        batch_size: int = 32,
        optimizer: str = "adam",
        learning_rate: float = 0.004,
        schedule: str = "cosine",
        max_epochs: int | None = None,
        max_steps: int | None = 2000,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        n_jobs: int | None = None,
        dtype: str = "float32",
        random_state: Any = None,
        verbose: int = 0,
        warm_start: bool = False,
    ) -> None:
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.embedding_size = embedding_size
        self.dropout = dropout
        self.bptt = bptt
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.max_epochs = max_epochs
        self.max_steps = max_steps
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.n_jobs = n_jobs
        self.dtype = dtype
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "theta_")

    def fit(self, sequences: Any, context: Any = None) -> Self:
        """Train on one or many sequences.

        Parameters
        ----------
        sequences : str, list or ndarray
            One sequence: a str, whose symbols are its characters, or a list or array with one dimension of
            symbols, which may be anything hashable, tuples among them. Many: a list of these, or an array
            with one sequence in each row. A list of str is many texts if any is longer than a character;
            where each str is a symbol, as in ``["C4", "E4"]``, pass an array of one dimension,
            ``numpy.array(notes)``.
        context : optional
            Context of each sequence, one for one sequence and a list for many: labels, which may be anything
            hashable, or vectors of equal length. The initial state of a sequence is computed from it, by a
            dense layer for h (and c) of every recurrent layer.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            For parameters, symbols and contexts that are not accepted, before any training.
        """
        options = self._check_parameters()
        continued = self.warm_start and self.__sklearn_is_fitted__()
        found = read_sequences(sequences, self.encoding_.vocabulary if continued else None)
        contexts = read_contexts(context, found)
        encoding = self.encoding_ if continued else SymbolEncoding.of(found, contexts)
        if encoding.ends != found.many:
            fitted, given = ("many sequences", "one") if encoding.ends else ("one sequence", "many")
            raise ValueError(
                f"Training on {fitted} can only continue with the like; got {given}. Set warm_start=False."
            )
        network, start = _build(options, encoding)
        if continued and len(self.theta_) != network.n_parameters + start.n_parameters:
            raise ValueError(
                f"Training can only continue with the same network: it has {len(self.theta_)} parameters, "
                f"the new settings ask for {network.n_parameters + start.n_parameters}. Set warm_start=False."
            )
        rng = np.random.default_rng(seed_sequence(options.random_state))
        fresh = np.concatenate([network.initialise(rng), np.zeros(start.n_parameters, network.dtype)])
        corpus = _corpus(encoding, found, contexts, options)
        corpora = validation_split(
            corpus, options.validation_fraction if options.early_stopping else 0.0, rng
        )
        training = Training.of(options, loss="cross_entropy")
        theta = self.theta_.astype(network.dtype) if continued else fresh
        run = TruncatedRun(network, start, theta, training, *corpora, rng, effective_n_jobs(options.n_jobs))
        interrupted = train_all([run], None, verbose=options.verbose > 0)
        self._remember(
            {
                "encoding_": encoding,
                "network_": network,
                "initial_state_": start,
                "theta_": run.theta,
                "history_": pd.DataFrame(run.history),
                "interrupted_": interrupted,
                "n_parameters_": len(run.theta),
                "symbols_": encoding.vocabulary.symbols,
                "contexts_": encoding.contexts.labels if encoding.contexts else None,
                "ends_": encoding.ends,
            }
        )
        return self

    def sample(
        self,
        n: int,
        prime: Any = None,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        random_state: Any = None,
        context: Any = None,
    ) -> Any:
        """Sample a sequence.

        Parameters
        ----------
        n : int
            Number of symbols; fewer are returned if the sequence ends before.
        prime : optional
            Symbols that the sequence starts with, in the form of those fitted; default: none.
        temperature : float, default 1.0
            Divisor of the logits: below 1 probable symbols become more probable, with 0 the most probable is
            taken.
        top_k : int, optional
            Draw only from so many of the most probable symbols; of equally probable ones the first.
        random_state : int, numpy.random.Generator, numpy.random.RandomState or None, default None
            Seed; None draws another sequence each time.
        context : optional
            Context of the sequence, if the model was fitted with contexts: a label or vector.

        Returns
        -------
        str, list or ndarray
            The symbols after `prime`, in the form of the training sequences.

        Raises
        ------
        ValueError
            For symbols and contexts that the model was not fitted on, named with their position.
        """
        stream = self.stream(context)
        if prime is not None:
            stream.run(prime)
        return stream.sample(n, temperature=temperature, top_k=top_k, random_state=random_state)

    def predict_proba(self, prime: Any = None, context: Any = None) -> np.ndarray:
        """Return the probabilities of the symbol after `prime`, as `SymbolStream.probabilities`."""
        stream = self.stream(context)
        return stream.probabilities if prime is None else stream.run(prime)

    def score(self, sequences: Any, context: Any = None, *, unit: str = "nats") -> float:
        """Return the cross-entropy of sequences under the model; lower is better.

        Parameters
        ----------
        sequences, context
            As in `fit`.
        unit : {"nats", "bits", "perplexity"}, default "nats"
            Mean of -log p, in base e or 2, over all symbols, and ends if they are learned, given the symbols
            before; or exp(nats), the number of equally probable symbols that are as hard to predict.

        Returns
        -------
        float
            At least 0, or 1 for the perplexity. Where higher must be better, as in a search by scikit-learn,
            pass ``scoring=lambda model, y: -model.score(y)``.
        """
        check_choice("unit", unit, _UNITS)
        self = self._snapshot()
        encoding = self._fitted_encoding()
        found = read_sequences(sequences, encoding.vocabulary)
        sizes = SimpleNamespace(bptt=_SCORING_STEPS, batch_size=_SCORING_BATCH, dtype=self.network_.dtype)
        corpus = _corpus(encoding, found, read_contexts(context, found), sizes)
        workspace = self.network_.workspace(effective_n_jobs(self.n_jobs))
        return float(
            _UNITS[unit](mean_loss(self.network_, self.initial_state_, self.theta_, corpus, workspace))
        )

    def stream(self, context: Any = None) -> SymbolStream:
        """Return a `SymbolStream` at the start of a sequence, for prediction and sampling step by step."""
        self = self._snapshot()
        encoding, dtype = self._fitted_encoding(), self.network_.dtype
        vectors = encoding.encode(None if context is None else [context], 1, dtype)
        n = self.network_.n_parameters
        states = self.initial_state_.states(self.theta_[n:], vectors)
        return SymbolStream(self.network_, self.theta_[:n], encoding.vocabulary, states)

    def summary(self) -> str:
        """Return a table of the fitted network's layers with their numbers of parameters."""
        self._fitted_encoding()
        return self.network_.summary()

    def get_weights(self, layout: str = "tsrnn") -> dict[str, np.ndarray]:
        """Return the network's weights by name (`tsrnn.network.exchange`), without those for contexts."""
        self = self._snapshot()
        self._fitted_encoding()
        return export_weights(self.network_, self.theta_[: self.network_.n_parameters], layout)

    def set_weights(self, weights: Mapping[str, Any], layout: str = "tsrnn") -> Self:
        """Replace the network's weights by others of the same names and shapes; symbols and contexts stay.

        Raises
        ------
        TypeError, ValueError
            As `tsrnn.network.exchange.import_weights`; then nothing is changed.
        """
        self._fitted_encoding()
        theta = self.theta_.copy()
        theta[: self.network_.n_parameters] = import_weights(self.network_, weights, layout)
        self.theta_ = theta
        return self

    def _fitted_encoding(self) -> SymbolEncoding:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("This RNNGenerator is not fitted yet. Call fit(sequences) first.")
        return self.encoding_


def _build(options: SimpleNamespace, encoding: SymbolEncoding) -> tuple[Network, InitialState]:
    n_symbols = len(encoding.vocabulary.symbols)
    network = Network(
        options.cell,
        options.embedding_size,
        options.hidden_size,
        options.num_layers,
        n_symbols + encoding.ends,
        dropout=options.dropout,
        n_symbols=n_symbols + 1,
        dtype=options.dtype,
    )
    return network, InitialState(network, encoding.contexts.size if encoding.contexts else 0)


def _corpus(
    encoding: SymbolEncoding, found: SymbolSequences, contexts: list[Any] | None, sizes: SimpleNamespace
) -> Corpus:
    return Corpus(
        [encoding.vocabulary.encode(one) for one in found.each],
        encoding.encode(contexts, len(found.each), sizes.dtype),
        len(encoding.vocabulary.symbols),
        encoding.ends,
        sizes.bptt,
        sizes.batch_size,
    )

"""The recurrent generator: learns sequences of symbols and makes up more of them."""

from collections.abc import Mapping
from math import exp, log
from types import SimpleNamespace
from typing import Any, Self

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from tsrnn.network import Network
from tsrnn.network.exchange import export_weights, import_weights
from tsrnn.sequence.generation import SymbolStream
from tsrnn.sequence.parameters import GENERATOR
from tsrnn.sequence.symbols import Learned, Sequences, read_contexts, read_sequences
from tsrnn.training.loop import Training, train_all
from tsrnn.training.truncated_bptt import Corpus, Start, StretchRun, hold_back, mean_loss
from tsrnn.validation import ParametersMixin, check_choice, seed_sequence, with_parameters

_UNITS = {"nats": float, "bits": lambda nats: nats / log(2), "perplexity": exp}
_SCORING_BATCH, _SCORING_STEPS = 256, 256


@with_parameters(GENERATOR)
class RNNGenerator(ParametersMixin, BaseEstimator):
    """Learn sequences of symbols, and make up more of them with a recurrent network.

    At each step the network reads a symbol, as a vector of its own that is learned, and gives the probability
    of every symbol to come next (Graves, 2013): characters of a text, notes of a melody, bases of a genome,
    samples of a sound by `mulaw_encode`. Sampling reads each symbol drawn and draws again.

    Attributes
    ----------
    symbols_ : list
        The symbols there are, sorted if they can be: the order of probabilities.
    contexts_ : list or None
        The labels there are; None if there was no context, or vectors.
    ends_ : bool
        Whether it learned where sequences end, from many.
    history_ : pandas.DataFrame
        One row for each evaluation, as of `RNNForecaster`; losses are in nats per symbol.
    n_parameters_ : int
        Trained numbers.
    interrupted_ : bool
        Whether Ctrl-C ended training early.

    Notes
    -----
    Every sequence is preceded by one more symbol, that stands for its start. Many sequences are followed by
    it, too: how they begin and where they end is learned. One sequence is taken for a stretch of an endless
    one: it is cut into rows that may start anywhere, and has no end.

    Examples
    --------
    >>> from tsrnn import RNNGenerator
    >>> text = "to be, or not to be: that is the question. " * 20
    >>> model = RNNGenerator(hidden_size=32, max_steps=300, random_state=0).fit(text)
    >>> model.sample(20, prime="to be, ", temperature=0)
    'or not to be: that i'
    >>> model.score("the question. ", unit="perplexity") < 1.5
    True

    Melodies of two kinds, started by a label:

    >>> melodies = [["C4", "E4", "G4"], ["A3", "C4", "E4"]] * 10
    >>> model = RNNGenerator(hidden_size=16, max_steps=150, random_state=0)
    >>> model.fit(melodies, context=["major", "minor"] * 10).sample(8, context="minor", temperature=0)
    ['A3', 'C4', 'E4']
    """

    learned_: Learned
    network_: Network
    start_: Start
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
        """Learn one or many sequences.

        Parameters
        ----------
        sequences : str, list or ndarray
            One sequence: a str, whose symbols are its characters, or a list or array with one dimension of
            symbols, which may be anything hashable, tuples among them. Many: a list of these, or an array
            with one sequence in each row. A list of str is many texts if any is longer than a character;
            where each str is a symbol, as in ``["C4", "E4"]``, pass an array of one dimension,
            ``numpy.array(notes)``.
        context : optional
            What starts each sequence, one for one sequence and a list for many: labels, which may be anything
            hashable, or vectors of one length. From it follows the state that a sequence starts from, by a
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
        found = read_sequences(sequences, self.learned_.vocabulary if continued else None)
        contexts = read_contexts(context, found)
        learned = self.learned_ if continued else Learned.of(found, contexts)
        if learned.ends != found.many:
            known, given = ("many sequences", "one") if learned.ends else ("one sequence", "many")
            raise ValueError(
                f"Training on {known} can only continue with the like; got {given}. Set warm_start=False."
            )
        network, start = _build(options, learned)
        if continued and len(self.theta_) != network.n_parameters + start.n_parameters:
            raise ValueError(
                f"Training can only continue with the same network: it has {len(self.theta_)} parameters, "
                f"the new settings ask for {network.n_parameters + start.n_parameters}. Set warm_start=False."
            )
        rng = np.random.default_rng(seed_sequence(options.random_state))
        fresh = np.concatenate([network.initialise(rng), np.zeros(start.n_parameters, network.dtype)])
        corpus = _corpus(learned, found, contexts, options)
        corpora = hold_back(corpus, options.validation_fraction if options.early_stopping else 0.0, rng)
        training = Training.of(options, loss="cross_entropy")
        theta = self.theta_.astype(network.dtype) if continued else fresh
        run = StretchRun(network, start, theta, training, *corpora, rng, effective_n_jobs(options.n_jobs))
        interrupted = train_all([run], None, verbose=options.verbose > 0)
        self.__dict__ |= {
            "learned_": learned,
            "network_": network,
            "start_": start,
            "theta_": run.theta,
            "history_": pd.DataFrame(run.history),
            "interrupted_": interrupted,
            "n_parameters_": len(run.theta),
            "symbols_": learned.vocabulary.symbols,
            "contexts_": learned.contexts.labels if learned.contexts else None,
            "ends_": learned.ends,
        }
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
        """Make up a sequence.

        Parameters
        ----------
        n : int
            How many symbols; fewer where the sequence ends before.
        prime : optional
            Symbols that the sequence starts with, in the form of those fitted; default: none.
        temperature : float, default 1.0
            What the logits are divided by: below 1 likely symbols become likelier, at 0 the likeliest is
            taken.
        top_k : int, optional
            Draw from so many of the likeliest symbols only; of equally likely ones the first.
        random_state : int, numpy.random.Generator, numpy.random.RandomState or None, default None
            Seed; None draws another sequence each time.
        context : optional
            What starts it, if the model was fitted with contexts: a label or vector.

        Returns
        -------
        str, list or ndarray
            What follows `prime`, in the form of the sequences fitted.

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
        """Return the distribution of the symbol that follows `prime`, as `SymbolStream.probabilities`."""
        stream = self.stream(context)
        return stream.probabilities if prime is None else stream.run(prime)

    def score(self, sequences: Any, context: Any = None, *, unit: str = "nats") -> float:
        """Return the cross-entropy of sequences: how badly they were foreseen, lower is better.

        Parameters
        ----------
        sequences, context
            As in `fit`.
        unit : {"nats", "bits", "perplexity"}, default "nats"
            The mean over all symbols, and ends if they were learned, of -log p, in base e or 2, given all
            that came before; or exp(nats), the number of equally likely symbols that are as hard to foresee.

        Returns
        -------
        float
            At least 0, or 1 for the perplexity. Where higher must be better, as in a search by scikit-learn,
            pass ``scoring=lambda model, y: -model.score(y)``.
        """
        check_choice("unit", unit, _UNITS)
        learned = self._learned()
        found = read_sequences(sequences, learned.vocabulary)
        sizes = SimpleNamespace(bptt=_SCORING_STEPS, batch_size=_SCORING_BATCH, dtype=self.network_.dtype)
        corpus = _corpus(learned, found, read_contexts(context, found), sizes)
        workspace = self.network_.workspace(effective_n_jobs(self.n_jobs))
        return float(_UNITS[unit](mean_loss(self.network_, self.start_, self.theta_, corpus, workspace)))

    def stream(self, context: Any = None) -> SymbolStream:
        """Return a stream, which takes in or draws one symbol after another."""
        learned, dtype = self._learned(), self.network_.dtype
        vectors = learned.encode(None if context is None else [context], 1, dtype)
        n = self.network_.n_parameters
        states = self.start_.states(self.theta_[n:], vectors)
        return SymbolStream(self.network_, self.theta_[:n], learned.vocabulary, states)

    def summary(self) -> str:
        """Return the fitted network's layers and parameter counts as a table."""
        self._learned()
        return self.network_.summary()

    def get_weights(self, layout: str = "tsrnn") -> dict[str, np.ndarray]:
        """Return the network's weights by name (`tsrnn.network.exchange`), without the context's."""
        self._learned()
        return export_weights(self.network_, self.theta_[: self.network_.n_parameters], layout)

    def set_weights(self, weights: Mapping[str, Any], layout: str = "tsrnn") -> Self:
        """Replace the network's weights by others of the same names and shapes; symbols and contexts stay.

        Raises
        ------
        TypeError, ValueError
            As `tsrnn.network.exchange.import_weights`; then nothing is changed.
        """
        self._learned()
        theta = self.theta_.copy()
        theta[: self.network_.n_parameters] = import_weights(self.network_, weights, layout)
        self.theta_ = theta
        return self

    def _learned(self) -> Learned:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError("This RNNGenerator is not fitted yet. Call fit(sequences) first.")
        return self.learned_


def _build(options: SimpleNamespace, learned: Learned) -> tuple[Network, Start]:
    n_symbols = len(learned.vocabulary.symbols)
    network = Network(
        options.cell,
        options.embedding_size,
        options.hidden_size,
        options.num_layers,
        n_symbols + learned.ends,
        dropout=options.dropout,
        n_symbols=n_symbols + 1,
        dtype=options.dtype,
    )
    return network, Start(network, learned.contexts.size if learned.contexts else 0)


def _corpus(learned: Learned, found: Sequences, contexts: list[Any] | None, sizes: SimpleNamespace) -> Corpus:
    return Corpus(
        [learned.vocabulary.encode(one) for one in found.each],
        learned.encode(contexts, len(found.each), sizes.dtype),
        len(learned.vocabulary.symbols),
        learned.ends,
        sizes.bptt,
        sizes.batch_size,
    )

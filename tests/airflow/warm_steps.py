"""Carries out the steps of a DAG in the project's environment, each in a process of its own that is a fork.

A step as Airflow starts it is a new Python that imports for one or two seconds and works for a tenth of one. Here one
process of the project's Python imports once, and each step is a fork of it, with the step's own arguments, variables,
folder and output. Not a test: the project's environment has no pytest where `make test-airflow` runs alone.

    python -m tests.airflow.warm_steps SOCKET        wait for steps
    python -S -E tests/airflow/warm_steps.py SOCKET SCRIPT WORDS...        have one carried out
"""

import json
import os
import socket
import sys
import traceback

IMPORTS = (
    "leadscore_core.orchestration",
    "leadscore_core.monitoring_steps",
    "leadscore_core.batches.save",
    "leadscore_core.pipelines.training",
    "leadscore_core.training.train",
    "leadscore_core.training.evaluation.learning_curve",
    "lightgbm",
)


def serve(place: str) -> None:
    """Import, listen, and fork for each step; end with whoever started this."""
    import importlib
    import signal

    for name in IMPORTS:
        importlib.import_module(name)
    learn_in_few_folds()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(place)
        door.listen()
        while True:
            asked, _ = door.accept()
            if os.fork() == 0:
                door.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                asked.sendall(bytes([carry_out(asked)]))
                os._exit(0)
            asked.close()


def learn_in_few_folds() -> None:
    """Judge models in three folds drawn once; in as many as outside the tests in a long round."""
    from leadscore_core.training.fit import Recipe
    from leadscore_core.training.request import TrainingRequest
    from tests.defaults import FEW_FOLDS, ONE_DRAW, defaults_with, draw_few
    from tests.paths import IS_SOAK

    draw_few()
    if not IS_SOAK:
        Recipe.__init__.__defaults__ = defaults_with(Recipe, FEW_FOLDS)
        TrainingRequest.__init__.__defaults__ = defaults_with(TrainingRequest, ONE_DRAW)


def carry_out(asked: socket.socket) -> int:
    """Run the script that was asked for as if it had been started, and return its exit code."""
    import runpy

    text, files, _, _ = socket.recv_fds(asked, 1 << 20, 3)
    step = json.loads(text)
    for place, file in enumerate(files):
        os.dup2(file, place)
    os.environ.clear()
    os.environ.update(step["env"])
    os.chdir(step["folder"])
    sys.argv = step["words"]
    code: object = 0
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 1


def ask(place: str, words: list[str]) -> int:
    """Have a script run, and return its exit code."""
    step = {"words": words, "env": dict(os.environ), "folder": os.getcwd()}
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.connect(place)
        socket.send_fds(door, [json.dumps(step).encode()], [0, 1, 2])
        said = door.recv(1)
    return said[0] if said else 1


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    else:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))

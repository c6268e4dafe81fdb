"""Ask a model of MLflow's as an empty environment would: without the checkout on the path.

python -I tests/serve_mlflow.py MODEL LEADS
"""

import json
import sys
import warnings
from pathlib import Path


def main(model: str, leads: str) -> None:
    """Write what the model says of the leads of a CSV, and where its code came from."""
    checkout = Path(__file__).resolve().parent.parent
    sys.path = [p for p in sys.path if not (Path(p) / "leadscore_core").is_dir() and Path(p).resolve() != checkout]
    sys.meta_path = [f for f in sys.meta_path if not isinstance(f, type) or not f.__module__.startswith("__editable__")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow
        import pandas as pd

        served = mlflow.pyfunc.load_model(model)
        frame = pd.read_csv(leads)
        said, alone = served.predict(frame), served.predict(frame.head(1))
        mixed = frame.astype(object).where(frame.notna(), None)
        assert (served.predict(mixed) == said).all(), "as objects with None"
        import leadscore_core
    told = {"propensity": said[:, 1].tolist(), "alone": alone[:, 1].tolist(), "code": leadscore_core.__file__}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

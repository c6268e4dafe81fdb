from .analytics.report_json import source_report
from .data.reading.reader import read_leads
from .data.schema.inference import propose_schema
from .data.validation import check_leads
from .errors import LeadScoreError
from .inference.reasons import explain_leads
from .inference.score import score_leads
from .registry.publishing import publish_model
from .registry.registry import load_champion
from .training.evaluation.holdout import evaluate_model
from .training.train import train_model

__all__ = [
    "LeadScoreError",
    "check_leads",
    "evaluate_model",
    "explain_leads",
    "load_champion",
    "propose_schema",
    "publish_model",
    "read_leads",
    "score_leads",
    "source_report",
    "train_model",
]

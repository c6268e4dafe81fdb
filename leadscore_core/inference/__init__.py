"""Inference: scores, grades, reasons, contacts, capacity."""

"""Retraining from the screen: leads to learn from, runs, and when a retrain is due."""

"""Training: folds, fitting, tuning, and columns that may know the outcome."""

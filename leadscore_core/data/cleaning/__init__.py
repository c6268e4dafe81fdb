"""What cells mean: text, numbers, dates, outcomes."""

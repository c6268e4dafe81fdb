"""The three pipelines that every door calls."""

"""The model: what is pickled."""

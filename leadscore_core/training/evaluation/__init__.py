"""How good a model is: metrics, tests, comparisons."""

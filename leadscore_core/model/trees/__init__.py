"""What walks LightGBM's trees: predictions and SHAP values."""

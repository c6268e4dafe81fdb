"""The data pipeline's parts: a person's files opened, read, mapped, checked and cleaned."""

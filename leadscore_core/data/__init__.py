"""The steps of the data pipeline: a person's files opened, read, mapped, checked and cleaned."""

"""A person's lead list: its files, what belongs to it as a whole, and what the person said of it."""

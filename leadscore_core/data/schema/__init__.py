"""What columns mean: schemas, mapping of headers, and proposals for leads of unknown columns."""

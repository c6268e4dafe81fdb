"""What is kept: the database, and leads as Parquet files."""

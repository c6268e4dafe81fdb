"""Reading files of any format as chunks of text, and setting aside what is no lead."""

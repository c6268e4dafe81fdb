"""Sources: what is counted, said and drawn, and its reports."""

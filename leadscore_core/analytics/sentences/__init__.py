"""Every sentence about sources, money and drivers: its condition, its template and an example."""

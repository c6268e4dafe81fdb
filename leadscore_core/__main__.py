"""Run the command line with ``python -m leadscore_core``."""

from leadscore_core.cli.main import main

if __name__ == "__main__":
    main()

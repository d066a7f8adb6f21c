"""`python -m kwire`: the command."""

import sys

from kwire.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

"""python -m moocdb_fast"""

import sys

from .cli.process import main

if __name__ == "__main__":  # worker processes import this module again under another name
    sys.exit(main())

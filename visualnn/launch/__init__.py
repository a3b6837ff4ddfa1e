"""What stands behind `make run`, `make setup` and `make test`.

Everything here but `web` (which is the web server's own process) needs the standard library only,
so that any Python 3.11 can start it before anything is installed.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "visualnn: Python %d.%d is too old. Install Python 3.11 or later." % sys.version_info[:2]
    )

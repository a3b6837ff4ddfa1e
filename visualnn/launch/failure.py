"""How the launcher says that it cannot go on: one line, what is wrong and what to do."""

import sys
from collections.abc import Callable


class Failure(Exception):
    """Something the person at the terminal can mend.

    `message` says what is, `hint` starts with a verb; `status` is the exit code; `details` are
    lines of a log, printed above that one line.
    """

    def __init__(self, message: str, hint: str, status: int = 2, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


def exit_with(main: Callable[[], int]) -> None:
    """Run `main` and end the process with its code; a Failure is one line on standard error."""
    try:
        status = main()
    except Failure as failure:
        if failure.details:
            print(failure.details, file=sys.stderr)
        print(f"visualnn: {failure}", file=sys.stderr, flush=True)
        status = failure.status
    sys.exit(status)

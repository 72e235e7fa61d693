"""How a part of this program is run in a process of its own."""

from __future__ import annotations

import os
import sys
import threading

ORPHANED = 3  # the exit code of a process whose parent is no more


def python_command(module: str, function: str, *, niceness: int = 0) -> list[str]:
    """The command line of a Python that calls `function()` of `module` and exits with what it returns.

    It finds the modules that this process finds, wherever it is started, and nothing else: neither the working
    directory nor variables of the environment add a place to look in.

    Args:
        module: Imported there.
        function: Called without arguments.
        niceness: By how much others come before it, where the system knows such a thing. It is set before anything is
            imported: a thread inherits it when it starts, and numpy starts some.
    """
    after_others = f"hasattr(os, 'nice') and os.nice({niceness}); " if niceness else ""
    program = (
        f"import os, sys; {after_others}sys.path[:] = {sys.path!r}; "
        f"from {module} import {function}; raise SystemExit({function}())"
    )
    return [sys.executable, "-I", "-c", program]


def end_with_parent() -> None:
    """From now on ends this process when nobody holds the other end of its standard input any more."""
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    # Below the stream: a thread that waits inside a buffered one aborts the interpreter when it ends.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(ORPHANED)

"""Who reads a generation of the index: one that is being read is not removed, however many were built since.

A generation is read for as long as a server runs, and its files are opened bit by bit: the text when it is first asked
for, the vectors by as many connections as there are questions. The system forgets a lock when its process dies.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from index.manifest import MANIFEST_NAME

if sys.platform != "win32":
    import fcntl


@contextlib.contextmanager
def reading(generation: Path) -> Iterator[None]:
    """Keeps `remove_unless_read`, of this process or another, from removing a generation while the context lasts.

    Any number may read at once. On a file system without locks, and on Windows, which removes no open file, nothing
    is kept. A generation that is not there is for whoever reads it to miss.
    """
    with contextlib.ExitStack() as resources:
        with contextlib.suppress(OSError):
            manifest = resources.enter_context((generation / MANIFEST_NAME).open("rb"))
            if sys.platform != "win32":
                fcntl.flock(manifest, fcntl.LOCK_SH)
        yield


def remove_unless_read(generation: Path) -> bool:
    """Removes a generation that nobody reads; false when somebody reads it, and it stays."""
    if sys.platform == "win32":
        shutil.rmtree(generation, ignore_errors=True)
        return not generation.exists()
    with contextlib.ExitStack() as resources:
        with contextlib.suppress(OSError):
            # Opened for writing: a network file system gives a lock that excludes others to no reader.
            manifest = resources.enter_context((generation / MANIFEST_NAME).open("rb+"))
            try:
                fcntl.flock(manifest, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        shutil.rmtree(generation, ignore_errors=True)
    return True

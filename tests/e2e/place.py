"""
Folders for tests, which take no place and no rights for granted: TMPDIR may
lie below a folder of root's own, and the umask may be 077. What others are to
see, tests say themselves.
"""
import functools
import os
import shutil
import tempfile
from pathlib import Path

OTHERS = "/tmp", "/var/tmp"


def open_to_all(folder):
    """Whether everybody may go there."""
    return all(one.stat().st_mode & 0o001
               for one in (folder, *folder.parents))


@functools.cache
def base():
    """Where folders of tests are. Root's programs become others."""
    first = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() != 0:
        return first
    return next((folder for folder in (first, *map(Path, OTHERS))
                 if os.access(folder, os.W_OK) and open_to_all(folder)), first)


def make(prefix):
    """A new folder, of ours alone; files get their usual modes."""
    os.umask(0o022)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base()))


def temporary(prefix):
    """The same, for a with statement, at whose end it is removed."""
    os.umask(0o022)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=base())


def put(program, folder):
    """A copy for others: the folder of the build may be ours alone."""
    path = shutil.copy(program, folder)
    os.chmod(path, 0o755)
    return str(path)

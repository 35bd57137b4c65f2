"""Folders for tests. They must not depend on the machine: TMPDIR may be in a
folder that only root can enter, and the umask may be 077. Tests set the
modes of what other users are to see."""
import functools
import os
import shutil
import tempfile
from pathlib import Path

OTHERS = "/tmp", "/var/tmp"


def open_to_all(folder):
    """Whether everybody may enter this folder."""
    return all(one.stat().st_mode & 0o001
               for one in (folder, *folder.parents))


@functools.cache
def base():
    """Returns where to put folders of tests. Root's programs change their
    user."""
    first = Path(tempfile.gettempdir()).resolve()
    if os.geteuid() != 0:
        return first
    return next((folder for folder in (first, *map(Path, OTHERS))
                 if os.access(folder, os.W_OK) and open_to_all(folder)), first)


def make(prefix):
    """Makes a new folder that only we can enter; files get their usual modes.
    """
    os.umask(0o022)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base()))


def temporary(prefix):
    """The same for a with statement, which removes it at its end."""
    os.umask(0o022)
    return tempfile.TemporaryDirectory(prefix=prefix, dir=base())


def put(program, folder):
    """Copies a program for other users, who may not enter the build folder."""
    path = shutil.copy(program, folder)
    os.chmod(path, 0o755)
    return str(path)

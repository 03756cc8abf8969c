"""The files of a SavedModel folder, none of which may lie outside it."""

from __future__ import annotations

import os
from typing import BinaryIO

from selu_lint.errors import NotAModelError, SeluLintError
from selu_lint.formats.other_files import LFS, what_it_is
from selu_lint.limits import Limits
from selu_lint.storage.byte_source import open_regular


class SavedModelFolder:
    """A folder that holds a SavedModel.

    Parameters
    ----------
    path : str
        The folder; a symbolic link to it is followed, links inside it only within it.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)

    def has(self, name: str) -> bool:
        """Whether the folder has a file of this name, be it a link to nowhere."""
        return os.path.lexists(os.path.join(self.path, name))

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; its name is relative to the folder.

        Raises
        ------
        SeluLintError
            If there is no such file, it is no regular file, or it is a link out of the folder.
        OSError
            If it cannot be opened.
        """
        path = self.resolve(name)
        try:
            # A link could have been put there since.
            return open_regular(path, follow_links=False)
        except FileNotFoundError:
            raise SeluLintError(f"{name} is missing") from None
        except SeluLintError:
            raise SeluLintError(f"{name} is not a file") from None

    def resolve(self, name: str) -> str:
        """Return the path of a file, with every link followed.

        Raises
        ------
        SeluLintError
            If it lies outside the folder.
        """
        path = os.path.realpath(os.path.join(self.path, name))
        if path != self.path and not path.startswith(os.path.join(self.path, "")):
            raise SeluLintError(
                f"{name} is a symbolic link out of the folder, which is not followed; "
                "copy the folder with its links resolved, `cp -rL`"
            )
        return path

    def hold_inside(self, name: str) -> None:
        """Refuse links out of the folder among the files of a folder in it.

        Raises
        ------
        SeluLintError
            If one of them leads out of the folder.
        OSError
            If they cannot be listed.
        """
        for entry in os.listdir(self.resolve(name)):
            self.resolve(f"{name}/{entry}")

    def read(self, name: str, limits: Limits) -> bytes:
        """Return the bytes of a file that holds a protobuf.

        Raises
        ------
        SeluLintError
            If it cannot be opened, is past the limit, or is a Git LFS pointer.
        """
        with self.open(name) as file:
            size = os.fstat(file.fileno()).st_size
            if size > limits.protobuf_bytes:
                raise limits.exceeded("protobuf_bytes", f"{name} takes")
            data = file.read(size)
        if not data:
            raise SeluLintError(f"{name} is empty")
        if data.startswith(LFS):
            raise NotAModelError(f"{name} is {what_it_is(data, name)}")
        return data

"""What the records of the system have alike: frozen arrays and plain fields, a canonical hash, files."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property, partial
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np

from edgeworth.core import io
from edgeworth.core.arrays import Array
from edgeworth.core.errors import FileFormatError
from edgeworth.core.payload import Payload, fingerprint, write


class Record:
    """The base of frozen dataclasses whose fields are arrays, numbers, texts and None.

    Attributes
    ----------
    kind : str
        What the file of such a record says that it is.
    """

    kind: ClassVar[str]

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), **{item.name: getattr(self, item.name) for item in fields(self)}), ()  # type: ignore[arg-type]

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        plain: dict[str, Any] = {}
        arrays: dict[str, Array] = {}
        for item in fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            (arrays if isinstance(value, np.ndarray) else plain)[item.name] = value
        return Payload(plain, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> Self:
        """The inverse of `to_payload`; validates like the constructor."""
        names = [item.name for item in fields(cls)]  # type: ignore[arg-type]
        unknown = sorted({*payload.fields, *payload.arrays} - set(names))
        if unknown:
            raise FileFormatError(f"the field {unknown[0]!r} is unknown")
        return cls(**{name: payload.arrays[name] if name in payload.arrays else payload.field(name) for name in names})

    @cached_property
    def hash(self) -> str:
        """A canonical hash of all that the record holds."""
        payload = self.to_payload()
        return fingerprint(self.kind, payload.fields, payload.arrays)

    def save(self, path: str | PathLike[str]) -> None:
        """Write to ``path`` (.json or .npz); `load` of this class reads it back.

        Parameters
        ----------
        path : str or path
            The ending chooses the format.
        """
        write(path, "record", self.kind, self.to_payload(), self.hash)

    @classmethod
    def load(cls, path: str | PathLike[str], *, limit: int | None = None) -> Self:
        """Read what `save` wrote.

        Parameters
        ----------
        path : str or path
            A file .json or .npz.
        limit : int, optional
            Most bytes of the file, as of `edgeworth.load`.

        Returns
        -------
        the record

        Raises
        ------
        FileNotFoundError
            Where there is no file.
        FileFormatError
            Naming the file and the reason, when it is damaged, of another format or does not match its hash.
        """

        found: Self = io.read(path, cls._rebuilt, limit=limit)
        return found

    @classmethod
    def _rebuilt(cls, header: dict[str, Any], arrays: dict[str, Array]) -> Self:
        if (header["content"], header["kind"]) != ("record", cls.kind):
            raise FileFormatError(f"holds {header['content']} {header['kind']!r}, not a record {cls.kind!r}")
        made = cls.from_payload(Payload(header["fields"], arrays))
        if made.hash != header["hash"]:
            raise FileFormatError("the content does not match its hash: the file was changed or damaged")
        return made

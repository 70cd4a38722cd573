"""The exceptions of Edgeworth beyond `ValueError` and `TypeError`."""

from __future__ import annotations

import importlib.util


class FileFormatError(ValueError):
    """A file cannot be read as what it claims to be: truncated, of a later schema, with wrong shapes or values."""


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the message names the extra that brings it.

    Attributes
    ----------
    feature : str
        What needs it.
    extra : str
        The extra of the distribution, as in ``pip install 'edgeworth[extra]'``.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra {extra!r}: pip install 'edgeworth[{extra}]'")
        self.feature = feature
        self.extra = extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        return type(self), (self.feature, self.extra)


def require(feature: str, extra: str, *packages: str) -> None:
    """`MissingExtraError` where one of the packages that the feature needs is not installed."""
    if any(importlib.util.find_spec(package) is None for package in packages):
        raise MissingExtraError(feature, extra)


class NoSolutionError(RuntimeError):
    """`Result.require` was called on a result that holds no solution."""

"""Checks of arguments. Every message has one format: ``argument: rule; got value``.

Nothing is coerced in silence: strings are not numbers, booleans are not integers, floats are not indices. Arrays are copied
and the copy is read-only, so that a validated object stays valid.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import numbers
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.arrays import Array

_PLAIN = frozenset({bool, int, float, str, np.float64, np.int64, np.ndarray})
"""Types of entries that hold neither labels nor masks."""

D = TypeVar("D", bound=np.generic)
R = TypeVar("R")
Q = ParamSpec("Q")


def shown(value: object) -> str:
    """``repr`` cut to one readable line."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    text = " ".join(repr(value).split())
    return text if len(text) <= 120 else text[:117] + "..."


def reject(argument: str, rule: str, value: object) -> NoReturn:
    """Raise the `ValueError` for an argument whose value breaks a rule."""
    raise ValueError(f"{argument}: {rule}; got {shown(value)}")


def reject_type(argument: str, rule: str, value: object) -> NoReturn:
    """Raise the `TypeError` for an argument of the wrong type."""
    raise TypeError(f"{argument}: {rule}; got {shown(value)} of type {type(value).__name__}")


def text(argument: str, value: object) -> str:
    """A text that a file can hold: no half of a surrogate pair, which UTF-8 has no bytes for."""
    if not isinstance(value, str):
        reject_type(argument, "must be a text", value)
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        reject(argument, "must have no half of a surrogate pair, which no file in UTF-8 can hold", value)
    return value


def by_name(function: Callable[Q, R]) -> Callable[Q, R]:
    """The function with a refusal of nameless arguments that says which names there are, where Python only counts them."""
    parameters = inspect.signature(function).parameters.values()
    names = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    places = [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
    after = f" after {places[-1]!r}" if places else ""
    rule = f"all arguments{after} must be named: {', '.join(f'{name}=' for name in names)}"

    @functools.wraps(function)
    def checked(*args: Q.args, **kwargs: Q.kwargs) -> R:
        if len(args) > len(places):
            reject_type(function.__name__, rule, args[len(places)])
        return function(*args, **kwargs)

    return checked


def _in_range(argument: str, value: float, minimum: float | None, maximum: float | None, open_minimum: bool) -> None:
    if minimum is not None and (value <= minimum if open_minimum else value < minimum):
        reject(argument, f"must be {'above' if open_minimum else 'at least'} {minimum}", value)
    if maximum is not None and value > maximum:
        reject(argument, f"must be at most {maximum}", value)


def integer(argument: str, value: object, *, minimum: int | None = None, maximum: int | None = None) -> int:
    """An integer within the range; booleans and floats are refused."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Integral):
        reject_type(argument, "must be an integer", value)
    number = int(value)
    _in_range(argument, number, minimum, maximum, False)
    return number


def real(
    argument: str,
    value: object,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    open_minimum: bool = False,
) -> float:
    """A finite real number within the range (`open_minimum`: strictly above the minimum)."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        reject_type(argument, "must be a real number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        reject(argument, "must be finite", value)
    _in_range(argument, number, minimum, maximum, open_minimum)
    return number


def flag(argument: str, value: object) -> bool:
    """A boolean, nothing else."""
    if not isinstance(value, bool | np.bool_):
        reject_type(argument, "must be True or False", value)
    return bool(value)


def nearest(value: str, options: Iterable[str]) -> str:
    """A hint `` (did you mean ...?)`` for a misspelt name, or nothing."""
    close = difflib.get_close_matches(value, list(options), n=1, cutoff=0.5)
    return f" (did you mean {close[0]!r}?)" if close else ""


def choice(argument: str, value: object, options: Sequence[str]) -> str:
    """One of the named options; the message names them all and the nearest."""
    if not isinstance(value, str):
        reject_type(argument, f"must be one of {', '.join(options)}", value)
    if value not in options:
        reject(argument, f"must be one of {', '.join(options)}{nearest(value, options)}", value)
    return value


def array(
    argument: str,
    value: object,
    dtype: type[D],
    shape: tuple[int | None, ...],
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    open_minimum: bool = False,
) -> NDArray[D]:
    """A read-only C-contiguous copy of an array-like, of exactly this number kind and shape (None: any length).

    Float arrays take integers (exactly representable) but no booleans; integer arrays take no floats; boolean arrays
    take only booleans. Entries must be finite and within the range; the message names the first offending index.
    Masked arrays are refused, since NumPy would drop the mask, and so are Series and DataFrames whose index is not the
    positions, since NumPy would drop the labels (`core.names.align` is what brings labels into order). pandas' nullable columns
    are taken where nothing is missing.
    """
    value = _without_pandas(argument, value)
    try:
        raw = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{argument}: must be a rectangular array of numbers; got {shown(value)}") from error
    wanted = np.dtype(dtype).kind
    allowed = {"f": "fiu", "i": "iu", "b": "b"}[wanted]
    empty_list = raw.size == 0 and not isinstance(value, np.ndarray)
    if raw.dtype.kind not in allowed and not empty_list:
        word = {"f": "real numbers", "i": "integers", "b": "booleans"}[wanted]
        reject_type(argument, f"must hold {word}, not dtype {raw.dtype}", value)
    if wanted != "b" and isinstance(value, list | tuple) and _holds_booleans(value):
        reject_type(argument, "must hold numbers, and no booleans among them", value)
    if raw.ndim != len(shape) or any(want is not None and want != have for want, have in zip(shape, raw.shape, strict=True)):
        text = " x ".join("any" if length is None else str(length) for length in shape)
        raise ValueError(f"{argument}: must have shape {text}; got shape {' x '.join(map(str, raw.shape)) or 'scalar'}")
    result = np.array(raw, dtype=dtype, order="C", copy=True)
    if wanted != "b" and result.size:
        if raw.dtype.kind in "iu" and raw.dtype != result.dtype:
            with np.errstate(invalid="ignore"):
                back = result.astype(raw.dtype)  # both ways: mixed comparisons of NumPy go through float64 themselves
            if not (np.array_equal(result, raw) and np.array_equal(back, raw)):
                reject(argument, f"must be exactly representable as {np.dtype(dtype)}", value)
        _entries_in_range(argument, result, minimum, maximum, open_minimum)
    result.setflags(write=False)
    return result


def _holds_booleans(value: object) -> bool:
    """Whether nested sequences hold a truth value, which NumPy would make a number among numbers."""
    if isinstance(value, list | tuple):
        kinds = set(map(type, value))
        if kinds.isdisjoint((list, tuple)):
            return not kinds.isdisjoint((bool, np.bool_))
        return any(map(_holds_booleans, value))
    return isinstance(value, bool | np.bool_)


def stored(arrays: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    """An array of a snapshot, which must be there and have its shape."""
    got = arrays[name].shape if name in arrays else "none"
    if got != shape:
        reject("arrays", f"must hold {name!r} of shape {shape}, as a snapshot of such an object does", got)
    return arrays[name]


def marks(hashes: Iterable[str]) -> Array:
    """Hashes as rows of bytes, by which a snapshot tells what its object was made of."""
    return np.array([list(bytes.fromhex(each)) for each in hashes], np.uint8)


def same_marks(arrays: Mapping[str, Array], name: str, hashes: Iterable[str]) -> None:
    """Refuse a snapshot of an object that was made of something else; sizes alone do not tell."""
    wanted = marks(hashes)
    if not np.array_equal(stored(arrays, name, wanted.shape), wanted):
        reject("arrays", "must be a snapshot of an environment with the same scenario", f"another {name}")


def is_labelled(value: object) -> bool:
    """Whether a value is a Series or DataFrame of pandas, whose entries have labels."""
    pandas = sys.modules.get("pandas")  # who has a Series has imported it
    return pandas is not None and isinstance(value, pandas.Series | pandas.DataFrame)


def is_positions(index: Any) -> bool:
    """Whether an index of pandas holds the positions 0, 1, ..., as the default index does."""
    if not len(index):
        return True
    return getattr(index.dtype, "kind", "O") in "iu" and np.array_equal(np.asarray(index), np.arange(len(index)))


def refuse_labels_and_masks(argument: str, value: Any) -> None:
    """Refuse what NumPy would take by position or without its mask, also within lists."""
    masked = sys.modules.get("numpy.ma")  # who has a masked array has imported it
    if masked is not None and isinstance(value, masked.MaskedArray):
        reject_type(argument, "must not be a masked array; fill or drop what is masked", value)
    if is_labelled(value) and not is_positions(value.index):
        rule = "must not have labels, which name nothing here; order it and take to_numpy()"
        reject_type(argument, rule, value.index.tolist()[:3])
    if isinstance(value, list | tuple) and any(kind not in _PLAIN for kind in set(map(type, value))):
        for item in value:
            if type(item) not in _PLAIN:
                refuse_labels_and_masks(argument, item)


def _without_pandas(argument: str, value: Any) -> Any:
    """The value, or NumPy's form of pandas' nullable columns; an error for masks, labels and missing values."""
    if type(value) is np.ndarray:
        return value
    refuse_labels_and_masks(argument, value)
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return value
    if isinstance(value, pandas.DataFrame):
        if all(isinstance(dtype, np.dtype) for dtype in value.dtypes):
            return value
        names = [f" in column {name!r}" for name in value.columns]
        columns = [_column(argument, value.iloc[:, k], names[k]) for k in range(value.shape[1])]
        common = np.result_type(*columns)
        if not all((column.dtype.kind == "b") == (common.kind == "b") for column in columns):
            reject_type(argument, "must hold numbers or booleans, not both", value)
        stacked = np.stack(columns, axis=1)
        for k, column in enumerate(columns):
            if not np.array_equal(stacked[:, k].astype(column.dtype), column):
                reject(argument, f"must be exactly representable as {common}{names[k]}", value)
        return stacked
    if isinstance(value, pandas.Series | pandas.Index | pandas.api.extensions.ExtensionArray):
        return value if isinstance(value.dtype, np.dtype) else _column(argument, value, "")
    return value


def _column(argument: str, column: Any, where: str) -> Array:
    """One column of pandas as NumPy has it."""
    missing = np.asarray(column.isna(), dtype=bool)
    if missing.any():
        raise ValueError(f"{argument}: must hold no missing values; got NA at index [{int(missing.argmax())}]{where}")
    plain = getattr(column.dtype, "numpy_dtype", None)  # of nullable and of Arrow's types; the others are no numbers
    values: Array = column.to_numpy(dtype=plain) if isinstance(plain, np.dtype) else np.asarray(column)
    if values.dtype.kind not in "biuf":
        reject_type(argument, f"must hold numbers, not dtype {column.dtype}{where}", column)
    return values


def _entries_in_range(argument: str, values: Array, minimum: float | None, maximum: float | None, open_minimum: bool) -> None:
    def first(bad: NDArray[np.bool_], rule: str) -> None:
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            index = ", ".join(map(str, where))
            raise ValueError(f"{argument}: {rule}; got {values[where]} at index [{index}]")

    if values.dtype.kind == "f":
        first(~np.isfinite(values), "must be finite everywhere")
    if minimum is not None:
        first(
            values <= minimum if open_minimum else values < minimum,
            f"must be {'above' if open_minimum else 'at least'} {minimum} everywhere",
        )
    if maximum is not None:
        first(values > maximum, f"must be at most {maximum} everywhere")

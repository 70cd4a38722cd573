"""The EUA data set: mobile base stations and user positions in Melbourne's central business district.

Source: P. Lai et al., Optimal Edge User Allocation in Edge Computing with Variable Sized Vector Bin Packing, ICSOC 2018;
https://github.com/PhuLai/eua-dataset (MIT).
"""

from __future__ import annotations

import csv
from array import array
from dataclasses import dataclass
from io import StringIO
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import cache_folder, read_text, spare_folder, wrong
from edgeworth.core.words import real, shown

SITES_FILE = "site-optus-melbCBD.csv"
USERS_FILE = "users-melbcbd-generated.csv"
_COMMIT = "61238e00a6f01019c8a6ba1619675337a879a3d4"
_SOURCE = f"https://raw.githubusercontent.com/PhuLai/eua-dataset/{_COMMIT}/"
_SHA256 = {
    f"edge-servers/{SITES_FILE}": "c1031a8ff0f110e179beeabfaea53d42c15f30b0daf6c6522e8f17789c3979fb",
    f"users/{USERS_FILE}": "4ab470ecc719b410f7505ca1362c2a32317c0f0a4c429b349ea34aaa7c2c03f0",
}
_METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of the Earth's mean radius 6,371,009 m


@dataclass(frozen=True, eq=False)
class City:
    """Positions on a plane in metres (x east, y north).

    Parameters
    ----------
    sites : array_like
        Base stations, float64 [sites, 2].
    users : array_like
        Users, float64 [users, 2].
    """

    sites: NDArray[np.float64]
    users: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name in ("sites", "users"):
            object.__setattr__(self, name, validation.array(name, getattr(self, name), np.float64, (None, 2)))


def read_eua(sites: str | PathLike[str], users: str | PathLike[str], *, limit: int | None = None) -> City:
    """Read a file of sites and a file of users, positions in degrees.

    Parameters
    ----------
    sites, users : str or path
        Files with columns LATITUDE and LONGITUDE, in any case of letters; compressed by gzip or not, with a byte order mark or
        not.
    limit : int, optional
        Most bytes of a text, default `core.files.TEXT_LIMIT`.

    Returns
    -------
    City
        Positions projected onto a plane around the sites' mean (equirectangular; over a city of 2 km the error is below a
        millimetre).

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    FileFormatError
        Naming the file, the line and what is wrong.
    """
    site_degrees, user_degrees = _degrees(Path(sites), limit), _degrees(Path(users), limit)
    centre = site_degrees.mean(axis=0)
    scale = _METRES_PER_DEGREE * np.array([np.cos(np.radians(centre[0])), 1.0])
    return City((site_degrees - centre)[:, ::-1] * scale, (user_degrees - centre)[:, ::-1] * scale)


def fetch_eua() -> City:
    """Download both files once into the user's cache folder (checksums fixed), then read them. Needs the network once."""
    import pooch

    cache = cache_folder()
    folder = spare_folder() if cache is None else cache / "edgeworth"
    paths = [
        pooch.retrieve(_SOURCE + name, known_hash=f"sha256:{digest}", path=folder, fname=Path(name).name)
        for name, digest in _SHA256.items()
    ]
    return read_eua(*paths)


def _degrees(path: Path, limit: int | None) -> NDArray[np.float64]:
    """Latitude and longitude of every row, float64 [rows, 2]."""
    reader = csv.reader(StringIO(read_text(path, limit=limit)), strict=True)
    places = array("d")
    try:
        columns = {name.strip().lower(): k for k, name in enumerate(next(reader, []))}
        for wanted in ("latitude", "longitude"):
            if wanted not in columns:
                got = ascii(", ".join(columns))[1:-1] or "none"
                wrong(path, 1, f"needs a column {wanted}; got columns {got[:200]}")
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            for wanted, most in (("latitude", 90.0), ("longitude", 180.0)):
                cell = row[columns[wanted]] if columns[wanted] < len(row) else ""
                degrees = real(cell.strip())
                if degrees is None or abs(degrees) > most:
                    wrong(
                        path, reader.line_num, f"not a position: the {wanted} must be -{most:g} to {most:g}; got {shown(cell)}"
                    )
                places.append(degrees)
    except csv.Error as error:
        raise FileFormatError(f"{path}: line {reader.line_num}: {error}") from error
    if not places:
        wrong(path, reader.line_num, "holds no positions")
    return np.array(places).reshape(-1, 2)

"""The reader of the EUA data, on files made here and on the public ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from edgeworth.datasets import City, read_eua


def test_degrees_become_metres(tmp_path: Path) -> None:
    sites, users = tmp_path / "s.csv", tmp_path / "u.csv"
    sites.write_text("SITE_ID,LATITUDE,LONGITUDE\n1,-37.0,144.0\n2,-37.0,144.02\n")
    users.write_text(" latitude ,LONGITUDE\n-36.99,144.01\n")
    city = read_eua(sites, users)
    east = 6_371_009 * math.radians(0.01) * math.cos(math.radians(37.0))
    assert city.sites.ravel().tolist() == pytest.approx([-east, 0.0, east, 0.0], abs=0.1)
    assert city.users.ravel().tolist() == pytest.approx([0.0, 6_371_009 * math.radians(0.01)], abs=0.1)
    assert not city.sites.flags.writeable


def _haversine(one: tuple[float, float], two: tuple[float, float]) -> float:
    a, b, c, d = map(math.radians, (*one, *two))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6_371_009 * math.asin(math.sqrt(h))


def _degrees(path: Path, columns: tuple[int, int]) -> list[tuple[float, float]]:
    rows = [line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines()[1:] if line.strip()]
    return [(float(row[columns[0]]), float(row[columns[1]])) for row in rows]


@pytest.fixture(scope="module")
def melbourne(shared_data: Path) -> City:
    return read_eua(shared_data / "eua" / "site-optus-melbCBD.csv", shared_data / "eua" / "users-melbcbd-generated.csv")


def _nearest(city: City) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    apart = city.users[:, None, :] - city.sites[None, :, :]
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]).min(axis=1))


def test_the_statistics_of_melbourne(melbourne: City) -> None:
    assert melbourne.sites.shape == (125, 2)
    assert melbourne.users.shape == (816, 2)
    nearest = _nearest(melbourne)
    assert int((nearest > 150.0).sum()) == 9
    assert int((nearest > 200.0).sum()) == 0


def test_the_plane_keeps_distances_on_the_sphere(melbourne: City, shared_data: Path) -> None:
    users = _degrees(shared_data / "eua" / "users-melbcbd-generated.csv", (0, 1))
    assert len(users) == 816
    for k in range(0, 816, 37):
        flat = float(np.hypot(*(melbourne.users[k] - melbourne.users[0])))
        assert flat == pytest.approx(_haversine(users[k], users[0]), rel=1e-4, abs=1e-6)

"""Countries of users, from a MaxMind-format database on this machine."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import InputError, cannot_read, show

if TYPE_CHECKING:
    from .plan import Plan


def most_frequent(counts: Counter[int] | None, addresses: list[str]) -> str | None:
    """The address met most often; of equals the first in the alphabet."""
    if not counts:
        return None
    return min((-number, addresses[code]) for code, number in counts.items())[1]


def check_database(path: Path) -> None:
    """Refuse a file that is missing or no database before any work is done."""
    _open(path).close()


def _open(path: Path) -> Any:
    import maxminddb

    try:
        return maxminddb.open_database(str(path))
    except OSError as error:
        raise cannot_read(path, error) from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise InputError(f"{show(path)} is no MaxMind-format database", "give --geoip a file such as GeoLite2-Country.mmdb") from error


def countries_of(plan: Plan, path: Path) -> dict[int, str]:
    """User code → three letters (ISO 3166) of the country of their most frequent address."""
    import maxminddb

    addresses = plan.merged.texts("ip").to_pylist()
    found: dict[int, str] = {}
    with _open(path) as database:
        for code, counts in plan.users.addresses.items():
            address = most_frequent(counts, addresses)
            try:
                country = _country(database, address) if address else None
            except maxminddb.InvalidDatabaseError as error:
                raise InputError(f"{path} is damaged", "get it again") from error
            if country:
                found[code] = country
    return found


def _country(database: Any, address: str) -> str | None:
    try:
        record = database.get(address)
    except ValueError:  # not an address
        return None
    country = record.get("country", {}) if isinstance(record, dict) else {}
    code = country.get("iso_code") if isinstance(country, dict) else None
    return _three_letters(code) if isinstance(code, str) else None


def _three_letters(code: str) -> str:
    """ISO 3166 alpha-3 of an alpha-2 code; codes that the standard does not know (`XK`) stay as they are."""
    return country_of(code) or code[:3]


@cache
def country_of(code: str | None) -> str | None:
    """ISO 3166 alpha-3 of an alpha-2 code that the standard knows."""
    import pycountry

    found = pycountry.countries.get(alpha_2=code) if code else None
    return found.alpha_3 if found else None


class Countries:
    """Three letters of the country of an address; nothing without a database."""

    def __init__(self, path: Path | None) -> None:
        self._database = _open(path) if path else None
        self._known: dict[str, str | None] = {}

    def of(self, address: str | None) -> str | None:
        """The country, each address being looked up once."""
        if not address or self._database is None:
            return None
        if address not in self._known:
            self._known[address] = _country(self._database, address)
        return self._known[address]

"""--geoip: users.user_country from a MaxMind-format file, made here with mmdb_writer."""

from __future__ import annotations

import csv
import json

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from moocdb_fast import Options, translate
from moocdb_fast.errors import InputError

GERMANY, BRAZIL, KENYA = "192.0.2.0/24", "198.51.100.0/24", "203.0.113.7/32"
JAPAN = "2001:db8:1::/48"
CODES = {GERMANY: "DE", BRAZIL: "BR", KENYA: "KE", JAPAN: "JP"}


def database(path, *, ip_version=6, networks=CODES, record=lambda code: {"country": {"iso_code": code, "names": {"en": code}}}):
    writer = MMDBWriter(ip_version, ipv4_compatible=ip_version == 6, database_type="Test-Country", description="Synthetic, for a test")
    for network, code in networks.items():
        writer.insert_network(IPSet([network]), record(code))
    writer.to_db_file(str(path))
    return path


@pytest.fixture
def countries(tmp_path):
    """A function: addresses by user name, in the order of events → country by user name ("" is NULL)."""

    def countries(addresses, path, **options):
        log = tmp_path / "log.json"
        with log.open("w") as file:
            for user, given in addresses.items():
                for minute, ip in enumerate(given):
                    event = {"username": user, "time": f"2024-03-05T10:{minute:02}:00", "event_source": "browser", "event_type": "seq_next", "ip": ip}
                    file.write(json.dumps(event) + "\n")
        made = Options(geoip=path, workers=1, key_file=tmp_path / "key", overwrite=True, **options)
        translate(log, tmp_path / "out", made)
        with (tmp_path / "out" / "users.csv").open(newline="") as file:
            found = [row["user_country"] for row in csv.DictReader(file)]
        return dict(zip(addresses, found, strict=True))  # users are numbered in the order of the log

    return countries


def test_the_country_of_an_address(countries, tmp_path):
    users = {"a": ["192.0.2.1"], "b": ["198.51.100.255"], "c": ["203.0.113.7"], "d": ["203.0.113.8"], "e": ["10.0.0.1"]}
    assert countries(users, database(tmp_path / "c.mmdb")) == {"a": "DEU", "b": "BRA", "c": "KEN", "d": "", "e": ""}


def test_the_most_frequent_address_wins(countries, tmp_path):
    users = {
        "most": ["192.0.2.1", "198.51.100.1", "198.51.100.1"],
        "one_address_not_one_country": ["192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.1", "192.0.2.3"],
        "most_is_nowhere": ["10.0.0.1", "192.0.2.1", "10.0.0.1"],
        "tie": ["203.0.113.7", "192.0.2.1"],
        "tie_in_other_order": ["192.0.2.1", "203.0.113.7"],
    }
    found = countries(users, database(tmp_path / "c.mmdb"))
    assert found.pop("tie") == found.pop("tie_in_other_order") != ""
    assert found == {"most": "BRA", "one_address_not_one_country": "BRA", "most_is_nowhere": ""}


def test_ipv6(countries, tmp_path):
    users = {"a": ["2001:db8:1::42"], "b": ["2001:db8:2::42"], "c": ["2001:DB8:1:0:0:0:0:9"], "d": ["192.0.2.1"]}
    assert countries(users, database(tmp_path / "c.mmdb")) == {"a": "JPN", "b": "", "c": "JPN", "d": "DEU"}


def test_ipv6_address_and_a_file_that_knows_only_ipv4(countries, tmp_path):
    path = database(tmp_path / "c.mmdb", ip_version=4, networks={GERMANY: "DE"})
    assert countries({"a": ["2001:db8:1::42"], "b": ["192.0.2.1"]}, path) == {"a": "", "b": "DEU"}


def test_what_is_no_address_has_no_country(countries, tmp_path):
    garbage = ["unknown", "999.1.1.1", "192.0.2", "192.0.2.1:443", "::ffff:zz", "192.0.2.1/24", "é", " ", "", None, 7, "x" * 5000]
    users = {f"user_{n}": [ip] for n, ip in enumerate(garbage)} | {"list": ["192.0.2.1, 198.51.100.1"], "blanks": [" 192.0.2.1 "]}
    found = countries(users, database(tmp_path / "c.mmdb"))
    assert (found.pop("list"), found.pop("blanks")) == ("DEU", "DEU")
    assert found == {f"user_{n}": "" for n in range(len(garbage))}


RECORDS = {
    "three letters": (lambda code: {"country": {"iso_code": "DE", "iso_code3": "DEU"}}, "DEU"),
    "no country": (lambda code: {"continent": {"code": "EU"}}, ""),
    "not a map": (lambda code: "DE", ""),
    "country is text": (lambda code: {"country": "DE"}, ""),
    "code is a number": (lambda code: {"country": {"iso_code": 49}}, ""),
}


@pytest.mark.parametrize("kind", RECORDS)
def test_records_of_other_shapes(countries, tmp_path, kind):
    record, expected = RECORDS[kind]
    assert countries({"a": ["192.0.2.1"]}, database(tmp_path / "c.mmdb", record=record)) == {"a": expected}


def test_without_the_option_there_is_no_country(countries):
    assert countries({"a": ["192.0.2.1"]}, None) == {"a": ""}


def spoil(path, kind):
    """A file that is no database, at `path`."""
    data = database(path).read_bytes()
    metadata = data.rindex(b"\xab\xcd\xefMaxMind.com")
    contents = {
        "empty": b"",
        "text": b"network,country\n192.0.2.0/24,DE\n",
        "cut": data[: metadata // 2],
        "no tree": data[metadata:],
        "spoilt data": data[: metadata - 120] + b"\xff" * 120 + data[metadata:],
    }
    path.write_bytes(contents[kind])


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text", "cut", "no tree", "spoilt data"])
def test_a_file_that_is_no_database(countries, tmp_path, kind):
    path = tmp_path / "c.mmdb"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        spoil(path, kind)
    with pytest.raises(InputError) as caught:
        countries({"a": ["192.0.2.1"], "b": ["198.51.100.1"], "c": ["2001:db8:1::42"]}, path)
    assert "c.mmdb" in caught.value.message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["missing", "text"])
def test_a_wrong_file_is_found_before_the_work(tmp_path, kind):
    path, phases = tmp_path / "c.mmdb", []
    if kind == "text":
        path.write_text("no database")
    (tmp_path / "log.json").write_text('{"username": "a", "time": "2024-03-05T10:00:00", "event_type": "seq_next"}\n')
    options = Options(geoip=path, workers=1, key_file=tmp_path / "key")
    with pytest.raises(InputError):
        translate(tmp_path / "log.json", tmp_path / "out", options, lambda progress: phases.append(progress.phase))
    assert phases == []

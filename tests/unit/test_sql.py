"""moocdb.sql as text; tests/mysql runs it."""

import re

from moocdb_fast.schema import TABLES
from moocdb_fast.sql import create_table, load_table, moocdb_sql

ROWS = dict.fromkeys(TABLES, 7)


def statements(script):
    return [s.strip() for s in re.sub(r"^--.*\n", "", script, flags=re.MULTILINE).split(";\n") if s.strip()]


def test_tables_then_rows_then_references():
    kinds = [s.split()[0] for s in statements(moocdb_sql(rows=ROWS))]
    first = {kind: kinds.index(kind) for kind in ("CREATE", "LOAD", "ALTER")}
    last_load = len(kinds) - 1 - kinds[::-1].index("LOAD")
    assert first["CREATE"] < first["LOAD"] <= last_load < first["ALTER"]
    assert kinds.count("LOAD") == len(TABLES)


def test_every_load_is_followed_by_its_check():
    script = moocdb_sql(rows=ROWS)
    for name in TABLES:
        load = script.index(f"INFILE '{name}.csv'")
        check = script.index(f"SELECT '{name}', COUNT(*), IF(@warned = 0 AND COUNT(*) = 7, 1, NULL)")
        assert script[load:check].count("LOAD DATA") == 0


def test_nothing_is_dropped_or_replaced():
    assert not re.search(r"\b(DROP (?!TEMPORARY)|REPLACE|TRUNCATE|DELETE)\b", re.sub(r"^--.*", "", moocdb_sql(), flags=re.MULTILINE))


def test_only_files_of_this_output_are_named():
    assert set(re.findall(r"INFILE '([^']*)'", moocdb_sql())) == {f"{name}.csv" for name in TABLES}


def test_database_names_are_quoted():
    assert "USE `a``b`;" in moocdb_sql(database="a`b")


def test_a_table_by_hand():
    assert create_table(TABLES["resources_urls"]).splitlines()[1:6] == [
        "  `resources_urls_id` INT NOT NULL COMMENT 'row id, from 1, in order of first appearance',",
        "  `resource_id` INT NOT NULL,",
        "  `url_id` INT NOT NULL,",
        "  PRIMARY KEY (`resources_urls_id`),",
        "  UNIQUE KEY (`resource_id`, `url_id`)",
    ]
    load = load_table(TABLES["os"], None)
    assert "(@os_id, @os_name)" in load
    assert "`os_id` = @os_id" in load
    assert "`observed_event_duration` = NULLIF(@observed_event_duration, '')" in load_table(TABLES["observed_events"], None)


def test_some_tables_only():
    script = moocdb_sql([TABLES["os"], TABLES["observed_events"]])
    assert "`observed_events_observed_event_os_fk`" in script
    assert "REFERENCES `users`" not in script

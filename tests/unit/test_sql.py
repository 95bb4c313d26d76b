"""moocdb.sql as text; tests/mysql runs it."""

import re

from moocdb_fast.schema import TABLES
from moocdb_fast.sql import (
    add_keys,
    add_references,
    create_table,
    dangling,
    insert_rows,
    load_data,
    load_table,
    moocdb_sql,
    referring,
    rename_tables,
)

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
    table = TABLES["resources_urls"]
    assert create_table(table).splitlines()[:6] == [
        "CREATE TABLE `resources_urls` (",
        "  `resources_urls_id` INT NOT NULL COMMENT 'row id, from 1, in order of first appearance',",
        "  `resource_id` INT NOT NULL,",
        "  `url_id` INT NOT NULL,",
        "  PRIMARY KEY (`resources_urls_id`)",
        ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin COMMENT='Which resource was met on which page.'",
    ]
    assert "PRIMARY KEY" not in create_table(table, keys=False)
    assert add_keys(table, primary=True).splitlines() == [
        "ALTER TABLE `resources_urls`",
        "  ADD PRIMARY KEY (`resources_urls_id`),",
        "  ADD UNIQUE KEY (`resource_id`, `url_id`),",
        "  ADD KEY `url_id` (`url_id`)",  # resource_id has the unique key
    ]
    assert add_references(table).splitlines() == [
        "ALTER TABLE `resources_urls`",
        "  ADD FOREIGN KEY (`resource_id`) REFERENCES `resources` (`resource_id`),",
        "  ADD FOREIGN KEY (`url_id`) REFERENCES `urls` (`url_id`)",
    ]
    load = load_table(TABLES["os"], None)
    assert "(@os_id, @os_name)" in load
    assert "`os_id` = @os_id" in load
    assert "`observed_event_duration` = NULLIF(@observed_event_duration, '')" in load_table(TABLES["observed_events"], None)


def test_tables_under_other_names():
    table, rename = TABLES["observed_events"], "new_{}".format
    assert create_table(table, "new_observed_events").startswith("CREATE TABLE `new_observed_events`")
    assert add_keys(table, "new_observed_events").startswith("ALTER TABLE `new_observed_events`")
    assert "INTO TABLE `new_observed_events`\n" in load_data(table, "/a/pipe", "new_observed_events")
    for statement in (add_references(table, rename=rename), *(dangling(table, column, rename) for column in referring(table))):
        named = set(re.findall(r"(?:FROM|JOIN|REFERENCES|ALTER TABLE) `(\w+)`", statement))
        assert named and all(name.startswith("new_") for name in named)
    assert rename_tables([("a", "b"), ("c", "a")]) == "RENAME TABLE `a` TO `b`, `c` TO `a`"


def test_tables_without_further_keys_need_no_statement():
    assert add_keys(TABLES["os"]) == add_references(TABLES["os"]) == ""


def test_every_reference_is_looked_at_before_its_key_is_added():
    script = moocdb_sql(rows=ROWS)
    unchecked = script.index("SET SESSION foreign_key_checks = 0")
    for table in TABLES.values():
        for column in referring(table):
            assert 0 < script.index(f"'{table.name}.{column.name} is a foreign key into {column.references}'") < unchecked
    assert script.index("ADD FOREIGN KEY") > unchecked


def test_an_insert_has_a_placeholder_for_each_cell():
    statement = insert_rows(TABLES["os"], "x", 3)
    assert statement == "INSERT INTO `x` (`os_id`, `os_name`) VALUES (?,?),(?,?),(?,?)"


def test_some_tables_only():
    script = moocdb_sql([TABLES["os"], TABLES["observed_events"]])
    assert "REFERENCES `os`" in script
    assert "REFERENCES `users`" not in script

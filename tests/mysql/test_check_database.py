"""`check --to`: the rules on a real server hold of good tables, and each can fail."""

import mysql.connector
import pytest
from damages import statements
from filled import filled, write_output

from moocdb_fast.check_rules import rules
from moocdb_fast.checking import Counted, check_tables
from moocdb_fast.cli import main
from moocdb_fast.portable import spelled
from moocdb_fast.schema import TABLES
from moocdb_fast.sql import column_type

RULES = list(rules())
NAME = "moocdb_test_check"


@pytest.fixture(scope="module")
def connection(server):
    """Tables that nothing protects, filled with rows that break no rule; what a test changes is rolled back."""
    server.run(f"CREATE DATABASE {NAME} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    with mysql.connector.connect(unix_socket=str(server.socket), user="root", database=NAME, collation="utf8mb4_general_ci") as made:
        cursor = made.cursor()
        cursor.execute("SET SESSION sql_mode = ''")  # so that impossible times can be written
        for name, rows in filled().items():
            columns = ", ".join(f"`{c.name}` {column_type(c)} NULL" for c in TABLES[name].columns)
            cursor.execute(f"CREATE TABLE `{name}` ({columns}) ENGINE=InnoDB")
            cursor.executemany(f"INSERT INTO `{name}` VALUES ({', '.join(['%s'] * len(TABLES[name].columns))})", rows)
        made.commit()
        yield made
    server.run(f"DROP DATABASE {NAME}")


def ask(connection):
    def run(statement):
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall()

    return run


def test_good_tables_keep_every_rule(connection):
    found = list(check_tables(ask(connection), "mysql", NAME, NAME, Counted({name: len(rows) for name, rows in filled().items()})))
    assert [f for f in found if not f.ok] == []
    assert len(found) == len(RULES) + len(TABLES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.table}: {rule.sentence}")
def test_each_rule_can_fail(connection, rule):
    for statement in statements(rule):
        connection.cursor().execute(spelled(statement, "mysql", NAME).format(year="'0000-00-00 00:00:00'"))
        broken = ask(connection)(spelled(rule.broken, "mysql", NAME))[0][0]
        connection.rollback()
        assert broken > 0, statement


def test_the_command(server, database, tmp_path, capsys):
    out = write_output(tmp_path / "out", filled())
    assert main(["load", str(out), "--to", server.url(database), "--quiet"]) == 0
    assert main(["check", str(out), "--to", server.url(database)]) == 0
    assert f"ok      {database} users: user_id is unique\n" in capsys.readouterr().out
    server.rows(f"UPDATE {database}.assessments SET assessment_grade = 7 WHERE assessment_id = 1")
    server.rows(f"DELETE FROM {database}.surveys WHERE survey_id = 3")
    assert main(["check", "--to", server.url(database), "--quiet"]) == 8
    assert capsys.readouterr().out == f"BROKEN  {database} assessments: assessment_grade is from 0 to 1 - not true of 1\n"
    server.rows(f"INSERT INTO {database}.surveys VALUES (3, NULL, NULL)")
    assert main(["check", str(out), "--to", server.url(database), "--quiet"]) == 8
    assert f"BROKEN  {database} surveys: it has 2 rows, as the summary says - not true of 1" in capsys.readouterr().out


def test_a_database_without_the_tables(server, database, capsys):
    server.run(f"CREATE DATABASE {database}")
    assert main(["check", "--to", server.url(database)]) == 9
    assert capsys.readouterr().err.startswith("moocdb_fast: ")

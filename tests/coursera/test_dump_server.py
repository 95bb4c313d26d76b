"""The reader of dumps against a real server: literals mean what they mean there, and what its dump program writes comes back."""

import subprocess
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from private_server import find

from coursera.reading import COLUMNS, KINDS, read, rows_of
from moocdb_fast.coursera.dump import DumpFile
from moocdb_fast.errors import InputError

LITERALS = {
    "null": "NULL,NULL,NULL,NULL,NULL,NULL",
    "integers": "1,-7,42,0,'2013-09-02 00:00:00',3",
    "largest": "9223372036854775807,1,9223372036854775807,1,NULL,1023",
    "smallest": "-9223372036854775808,1,-9223372036854775808,1,NULL,0",
    "signs": "+5,+0.5,+5,+5,NULL,+5",
    "leading zeros": "007,00.50,007,007,NULL,007",
    "decimals": "1.0,0.1,1.50,2.25,NULL,1",
    "points": "5,.5,.5,-.5,NULL,1",
    "exponents": "1e3,1.5E-3,'1e3','x',NULL,1",
    "minus zero": "-0,-0.0,'-0','-0',NULL,0",
    "numbers as strings": "'5','0.25','5','5',NULL,1",
    "booleans": "TRUE,false,True,FALSE,NULL,true",
    "empty": "0,0,'','',NULL,b''",
    "hexadecimal": "0x1F,0x10,0x41C3A9,0xFF00,NULL,0x3FF",
    "hexadecimal string": "1,1,x'41',X'00ff',NULL,x'03ff'",
    "odd hexadecimal": "0xABC,0x1,0x941,0x0,NULL,0x1",
    "bits": "0b101,b'11',b'01000001',B'11111111',NULL,b'1010101010'",
    "binary": "1,1,_binary 'abc',_binary '\\0\\'\xff',NULL,b'1'",
    "introducers": "1,1,_utf8mb4'é😀',_latin1 X'E9',NULL,1",
    "introduced hexadecimal": "1,1,_latin1 0xE9,_utf8 0xC3A9,NULL,1",
    "national": "1,1,N'é',n'x',NULL,1",
    "escapes": r"1,1,'\0\'\"\b\n\r\t\Z\\','\0\'\"\b\n\r\t\Z\\',NULL,1",
    "escapes of patterns": r"1,1,'a\%b\_c','\%\_',NULL,1",
    "escapes of nothing": r"1,1,'\a\x\é\(','\d\;',NULL,1",
    "doubled quotes": "1,1,'it''s ''','''',NULL,1",
    "double quotes": """1,1,"say ""x"" 'y'","'",NULL,1""",
    "adjacent": "1,1,'a' 'b'\n\"c\",'x' 'y',NULL,1",
    "line ends": "1,1,'a\nb\r\nc','\n',NULL,1",
    "comments": "/* a */ 1,1 /*!40000 */,-- b\n'x',# c\n'y',/*!40000 NULL */,1",
    "signs of SQL": "1,1,'),(;-- /* # `','\"',NULL,1",
    "letters beyond": "1,1,'😀日本é','😀',NULL,1",
    "times": "1,1,'x','y','2013-09-02 12:34:56',1",
    "no time": "1,1,'x','y','0000-00-00 00:00:00',1",
}


def told(server, database, table, columns):
    """The rows of a table as the server has them."""
    connection = server.connect(database)
    cursor = connection.cursor()
    fields = ", ".join(f"CAST(`{name}` AS CHAR)" if name == "d" else f"`{name}` + 0" if name == "f" else f"`{name}`" for name in columns)
    cursor.execute(f"SELECT {fields} FROM `{table}`")
    rows = [tuple(bytes(v) if isinstance(v, bytearray) else float(v) if isinstance(v, Decimal) else v for v in row) for row in cursor.fetchall()]
    connection.close()
    return rows


@pytest.mark.parametrize("kind", LITERALS)
def test_literals_mean_what_they_mean_to_the_server(server, database, tmp_path, kind):
    sql = (
        KINDS.replace("`i` int(11)", "`i` bigint").encode()
        + b"INSERT INTO `t` VALUES ("
        + LITERALS[kind].encode().replace(b"\xc3\xbf", b"\xff")
        + b");\n"
    )
    done = subprocess.run(
        [server.client, "--no-defaults", f"--socket={server.socket}", "--user=root", "--binary-mode", "--default-character-set=utf8mb4",
         "--init-command=SET sql_mode=''", database],
        input=sql, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert read(tmp_path, sql) == told(server, database, "t", COLUMNS)


def test_a_literal_that_the_server_takes_and_this_does_not_is_an_error(tmp_path):
    for value in ("1+1", "NOW()", "CONCAT('a','b')", "-'5'", "CAST(1 AS char)", "(1)", "DEFAULT", "@a", "1e5", "'a' COLLATE utf8_bin"):
        with pytest.raises(InputError):
            read(tmp_path, f"{KINDS}INSERT INTO t VALUES (1,1,{value},'',NULL,1);")


OPTIONS = {
    "plain": [],
    "rows": ["--skip-extended-insert"],
    "columns": ["--complete-insert"],
    "hex": ["--hex-blob"],
    "latin1": ["--default-character-set=latin1"],
    "no names": ["--default-character-set=utf8mb4", "--skip-set-charset"],
    "bare": ["--compact", "--default-character-set=utf8mb4"],
    "replace": ["--replace"],
    "ignore": ["--insert-ignore", "--skip-comments", "--order-by-primary"],
    "ansi": ["--compatible=ansi", "--default-character-set=utf8mb4"],
    "databases": ["--databases"],
    "transaction": ["--single-transaction", "--no-autocommit", "--routines", "--triggers", "--events"],
    "net buffer": ["--net-buffer-length=4096"],
}


@pytest.mark.parametrize("options", OPTIONS)
def test_dumps_of_the_server_come_back(server, database, tmp_path, options):
    dump = find("mariadb-dump", "mysqldump")
    text = "".join(map(chr, range(0x80))) if options != "latin1" else "".join(map(chr, range(0x80))) + "\x81€ÿ"
    rows = [
        (i, i / 7, (text if i % 3 else f"{i}'\\\"\n") * (i % 5), bytes(range(256)) * (i % 3), "2013-09-02 01:02:03", i % 1024) for i in range(300)
    ]
    connection = server.connect(database)
    cursor = connection.cursor()
    cursor.execute(KINDS)
    cursor.execute("CREATE TABLE `other``s` (`key` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL, `value` longtext CHARACTER SET latin1)")
    cursor.execute("CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = ';'; SET @b = 2; END")
    cursor.execute("CREATE VIEW v AS SELECT i FROM t")
    cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s)", rows)
    cursor.execute("INSERT INTO `other``s` VALUES ('é', 'ÿ€')")
    connection.commit()
    connection.close()
    path = tmp_path / "dump.sql"
    command = [dump, "--no-defaults", f"--socket={server.socket}", "--user=root", f"--result-file={path}", *OPTIONS[options], database]
    subprocess.run(command, check=True)
    with DumpFile(path) as file:
        assert rows_of(file) == told(server, database, "t", COLUMNS)
        assert rows_of(file, "other`s") == [("é", "ÿ€")]
        assert "v" not in file.tables or not rows_of(file, "v")


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**31), 2**31 - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False, width=64, max_value=1e300, min_value=-1e300),
            st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
            st.none() | st.binary(max_size=30),
            st.none() | st.datetimes(min_value=datetime(1000, 1, 1)).map(lambda t: t.strftime("%Y-%m-%d %H:%M:%S")),
            st.none() | st.integers(0, 1023),
        ),
        min_size=1, max_size=10,
    )
)  # fmt: skip
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_is_stored_comes_back_from_a_dump(server, tmp_path, rows):
    connection = server.connect()
    cursor = connection.cursor()
    cursor.execute("CREATE DATABASE IF NOT EXISTS round_trip DEFAULT CHARACTER SET utf8mb4")
    cursor.execute("USE round_trip")
    cursor.execute("DROP TABLE IF EXISTS t")
    cursor.execute(KINDS)
    cursor.executemany("INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s)", rows)
    connection.commit()
    connection.close()
    path = tmp_path / "dump.sql"
    command = [find("mariadb-dump", "mysqldump"), "--no-defaults", f"--socket={server.socket}", "--user=root", f"--result-file={path}", "round_trip"]
    subprocess.run(command, check=True)
    with DumpFile(path) as file:
        assert rows_of(file) == told(server, "round_trip", "t", COLUMNS)
        assert [row[0] for row in rows_of(file)] == [row[0] for row in rows]
        assert [row[2:4] for row in rows_of(file)] == [row[2:4] for row in rows]

"""The reader of dumps: literals, statements, character sets, layouts, cuts and damage. test_dump_server.py has the word of a real server."""

import bz2
import gzip
import lzma
import math
import random
import re

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic_coursera import literal

from coursera.reading import COLUMNS, KINDS, read, read_in_pieces, rows_of
from moocdb_fast.coursera.dump import DumpFile
from moocdb_fast.errors import InputError

T = "CREATE TABLE t (a int, b text);\n"
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("literals", "values"),
    [
        ("NULL,NULL,NULL,NULL,NULL,NULL", (None,) * 6),
        ("null,Null,nULL,NULL,NULL,NULL", (None,) * 6),
        ("1,1,1,1,1,1", (1, 1.0, "1", b"1", "1", 1)),
        ("-7,-0.5,-7,-7,-7,7", (-7, -0.5, "-7", b"-7", "-7", 7)),
        ("+7,.5,+7,.5,+7,+7", (7, 0.5, "7", b"0.5", "7", 7)),
        ("007,1e3,007,-.5,0,0", (7, 1000.0, "7", b"-0.5", "0", 0)),
        ("9223372036854775807,1.5E-3,5.50,5,1,0", (2**63 - 1, 0.0015, "5.50", b"5", "1", 0)),
        ("-9223372036854775808,123456789012345678901234567890,'','','',0", (-(2**63), 123456789012345678901234567890.0, "", b"", "", 0)),
        ("'5','0.25','NULL','NULL','2013-09-02 00:00:00','\\0'", (5, 0.25, "NULL", b"NULL", "2013-09-02 00:00:00", 0)),
        ("5.0,1,'a','a','0000-00-00','\\1'", (5, 1.0, "a", b"a", "0000-00-00", ord("1"))),
        ("true,false,TRUE,False,'',True", (1, 0.0, "1", b"0", "", 1)),
        ("0x1F,0x10,0x41e9,0xFF00,0x41,0x3ff", (31, 16.0, "A\ufffd", b"\xff\x00", "A", 0x3FF)),
        ("1,1,x'C3A9',X'',x'41',x'3FF0'", (1, 1.0, "é", b"", "A", 0x3FF0)),
        ("0b101,b'1',b'01000001',B'1111111100000000',b'1000001',b'1010101010'", (5, 1.0, "A", b"\xff\x00", "A", 0b1010101010)),
        ("0xABC,1,0xabc,0x0,'',b''", (0xABC, 1.0, "\n\ufffd", b"\x00", "", 0)),
        ("1,1,_binary 'A',_binary'\\0\\'',_binary \"A\",_binary '\\0'", (1, 1.0, "A", b"\0'", "A", 0)),
        ("1,1,_utf8mb4'é',_utf8 'é',N'é',_binary 'é'", (1, 1.0, "é", "é".encode(), "é", 0xC3A9)),
        ("1,1,_latin1 X'E9',_latin1 0xE9,_ascii 'a',1", (1, 1.0, "é", b"\xe9", "a", 1)),
        (
            r"1,1,'\0\'\"\b\n\r\t\Z\\\%\_\a\é','\0\'\"\b\n\r\t\Z\\\%\_\a','\'',1",
            (1, 1.0, "\0'\"\b\n\r\t\x1a\\\\%\\_aé", b"\0'\"\b\n\r\t\x1a\\\\%\\_a", "'", 1),
        ),
        ("""1,1,'it''s','''','''''',1""", (1, 1.0, "it's", b"'", "''", 1)),
        ('''1,1,"say ""x""","'",'"',1''', (1, 1.0, 'say "x"', b"'", '"', 1)),
        ("1,1,'a' 'b'\n\"c\",'x'/**/'y','' '',1", (1, 1.0, "abc", b"xy", "", 1)),
        ("1,1,'a\nb\r\nc','\n','\t',1", (1, 1.0, "a\nb\r\nc", b"\n", "\t", 1)),
        ("1,1,'😀 日本','),(','); DROP',1", (1, 1.0, "😀 日本", b"),(", "); DROP", 1)),
        ("1,1,'-- # /* */ `',';','#',1", (1, 1.0, "-- # /* */ `", b";", "#", 1)),
        (" 1 ,\t1\n, 'x' ,\r\n'y' , 'z'/* c */,-- c\n1 ", (1, 1.0, "x", b"y", "z", 1)),
        ("/*!40000 1 */,1,# c\n'x','y','z',1", (1, 1.0, "x", b"y", "z", 1)),
        ("1,1,'\xff','y','z',1", (1, 1.0, "ÿ", b"y", "z", 1)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_literals(tmp_path, literals, values, size):
    assert read_in_pieces(tmp_path, f"{KINDS}INSERT INTO `t` VALUES ({literals});\n", size) == [values]


def test_texts_that_are_no_utf8_are_repaired_and_counted(tmp_path):
    path = tmp_path / "d.sql"
    path.write_bytes(
        b"CREATE TABLE t (a int, b text, c blob);INSERT INTO t VALUES (1,'\xc3','\xc3'),(2,'\xa9','\xa9'),(3,'ok',''),(4,'a\xff\xe2\x82',NULL);"
    )
    with DumpFile(path) as file:
        ((batch, repaired),) = file.rows("t", ["b", "c"])
    assert batch.to_pydict() == {"b": ["\ufffd", "\ufffd", "ok", "a\ufffd\ufffd"], "c": [b"\xc3", b"\xa9", b"", None]}
    assert repaired == 3


VALUES = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.none() | st.binary(max_size=40),
    st.none() | st.sampled_from(["2013-09-02 00:00:00", "0000-00-00 00:00:00"]),
    st.none() | st.integers(0, 1023),
)
BLANK = st.sampled_from(["", "", "", " ", "\n", "\r\n\t", "/* ); ' */", "-- ' ; (\n", "#'\n", "/*!40101 ", "/*! */"])


def blank(dice_text, open_comment):
    """Something that separates, with conditional comments closed again."""
    return dice_text + ("*/" if dice_text == "/*!40101 " else "") if not open_comment else ""


def written(value, form):
    """A value as SQL, in one of the ways there are."""
    if isinstance(value, bytes):
        if form == 0:
            return "0x" + value.hex() if value else "''"
        if form == 1:
            return f"x'{value.hex()}'"
        escaped = "".join({0: "\\0", 39: "''", 92: "\\\\"}.get(byte, chr(byte)) for byte in value)
        return ("_binary " if form == 2 else "") + f"'{escaped}'"
    if isinstance(value, str) and form < 2:
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    if isinstance(value, float):
        return repr(value)
    return literal(value)


@given(st.lists(VALUES, min_size=1, max_size=12), st.data())
@ANY_FOLDER
def test_rows_come_back_however_they_are_written(tmp_path, rows, data):
    gap = lambda: blank(data.draw(BLANK), False)  # noqa: E731
    out, opened = KINDS.encode(), False
    for row in rows:
        form = data.draw(st.integers(0, 3))
        if not opened:
            out += b"INSERT INTO `t` "
            out += f"(`i`,{gap()} `r`, `x`, `b`,`D`, `f` ){gap()}VALUES".encode() if data.draw(st.booleans()) else f"VALUES{gap()}".encode()
        pieces = [written(value, form) for value in row]
        encoded = [p.encode("latin-1") if isinstance(v, bytes) else p.encode() for p, v in zip(pieces, row, strict=True)]
        out += gap().encode() + b"(" + b",".join(gap().encode() + piece + gap().encode() for piece in encoded) + b")" + gap().encode()
        opened = data.draw(st.booleans())
        out += b"," if opened else b";"
    out = out[:-1] + b";"
    size = data.draw(st.integers(1, 64) | st.just(1 << 20))
    assert read_in_pieces(tmp_path, out, size) == rows


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("INSERT INTO t VALUES (1,'a'", "line 2, byte 32: a statement without an end"),
        ("INSERT INTO t VALUES (1,'a);\n", "line 2, byte 56: a string or name without an end"),
        ("INSERT INTO t VALUES (1,'a'),;", "something else than a row"),
        ("INSERT INTO t VALUES (1);", "byte 55: a row with fewer values than columns"),
        ("INSERT INTO t VALUES (1,'a',2);", "byte 59: a row with more values than columns"),
        ("\n\nINSERT INTO t\nVALUES (1,'a'),\n(x,'b');", "line 6, byte 65: a value that is no literal"),
        ("INSERT INTO t VALUES (1,NOW());", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,@x);", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,DEFAULT);", "a value that is no literal"),
        ("INSERT INTO t VALUES (1+1,'a');", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,NULLL);", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,0x);", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,x'abc');", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,x'ag');", "a value that is no literal"),
        ("INSERT INTO t VALUES (x'1f','a');", "bytes in a column of numbers"),
        ("INSERT INTO t VALUES (1,b'12');", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,12a);", "a value that is no literal"),
        ("INSERT INTO t VALUES (1,1e5);", "a number of this form in a column of text"),
        ("INSERT INTO t VALUES (1,_gbk 'a');", "a character set that is not known here"),
        ("INSERT INTO t VALUES ('a','a');", "byte 54: a value that is no number"),
        ("INSERT INTO t VALUES ('','a');", "a value that is no number"),
        ("INSERT INTO t VALUES (' 1','a');", "a value that is no number"),
        ("INSERT INTO t VALUES (1.5,'a');", "a fraction in a column of integers"),
        ("INSERT INTO t VALUES (9223372036854775808,'a');", "an integer beyond 64 bits"),
        ("INSERT INTO t VALUES (0x8000000000000000,'a');", "an integer beyond 64 bits"),
        ("INSERT INTO t VALUES (--1,'a');", "a value that is no literal"),
        ("INSERT INTO t SET a = 1;", "an INSERT without VALUES"),
        ("INSERT INTO t SELECT 1, 2;", "an INSERT without VALUES"),
        ("INSERT INTO t VALUES (1,'a') ON DUPLICATE KEY UPDATE a = 1;", "something else than a further row or the end"),
        ("INSERT INTO t (a,c) VALUES (1,2);", "names a column that its table does not have"),
        ("INSERT INTO t (a,a) VALUES (1,2);", "names a column twice"),
        ("INSERT INTO t (a) VALUES (1);", "does not name a column that is wanted"),
        ("INSERT INTO u VALUES (1);", "line 2, byte 32: rows of table u without its CREATE TABLE"),
        ("UPDATE t SET a = 1;", "line 2, byte 32: UPDATE, which is no part of a dump"),
        ("DELETE FROM t;", "DELETE, which is no part of a dump"),
        ("ALTER TABLE t ADD COLUMN c int;", "an ALTER TABLE that changes columns"),
        ("CREATE TABLE u (a whatever);", "a type that is not known here"),
        ("CREATE TABLE u (a int, a int);", "a CREATE TABLE whose columns cannot be read"),
        ("CREATE TABLE u LIKE t;", "a CREATE TABLE without columns"),
        ("CREATE TABLE u (a int;", "a CREATE TABLE that breaks off"),
        ("/* comment", "byte 32: a comment without an end"),
        ("/*!40000 SET x = 1;", "a comment without an end"),
        ("%%%;", "something that is no statement"),
        ("SET NAMES gbk;INSERT INTO t VALUES (1,'a');", "rows in the character set gbk"),
    ],
)
@pytest.mark.parametrize("size", [3, 1 << 20])
def test_what_is_not_understood_is_an_error_with_its_place(tmp_path, sql, says, size):
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        read_in_pieces(tmp_path, T + sql, size)
    assert "dump.sql, line " in caught.value.message


def test_errors_never_quote_the_dump(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{T}INSERT INTO t VALUES (1,'private'),('secret',2);")
    assert "private" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_cut_dump_is_an_error_or_has_whole_statements_only(tmp_path):
    whole = f"-- dump\n{T}/*!40000 ALTER TABLE t DISABLE KEYS */;\nINSERT INTO t VALUES (1,'a;b'),(2,'c\\'d');\nINSERT INTO t VALUES (3,NULL);\n"
    wanted, read_well = [(1, "a;b"), (2, "c'd"), (3, None)], 0
    for end in range(len(whole)):
        try:
            found = read(tmp_path, whole[:end])
        except InputError:
            continue
        except KeyError:  # it ends before the table
            assert end < whole.index("ALTER")
            continue
        assert found in ([], wanted[:2], wanted)
        read_well += 1
    assert 0 < read_well < len(whole) // 2


@given(st.randoms(use_true_random=False))
@ANY_FOLDER
def test_damaged_dumps_are_errors_or_rows(tmp_path, dice):
    lines = [
        KINDS.encode(),
        b"INSERT INTO `t` VALUES (1,0.5,'x\\'y',_binary 0x41,'2013',b'1'),(NULL,-1e5,\"z\"\"\",'\xff',NULL,0x3);\n" * 3,
        b"SET NAMES latin1;/*! x */;\n",
    ]
    data = bytearray(b"".join(lines))
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data))
        data[at : at + dice.randint(0, 3)] = dice.choice(
            [b"'", b"\\", b";", b"(", b")", b",", b"*/", b"/*", b"/*!", b"--", b"0x", b"\0", b"`", bytes([dice.randrange(256)])]
        )
    try:
        found = read_in_pieces(tmp_path, bytes(data), dice.choice([1, 16, 1 << 16]), columns=COLUMNS)
    except (InputError, KeyError):
        return
    assert all(len(row) == 6 for row in found)


@given(st.binary(max_size=300) | st.text(alphabet="INSERT INTO `t` VALUES(),;'\"\\x0/*!-#\n", max_size=300).map(str.encode))
@ANY_FOLDER
def test_any_bytes_are_read_or_refused(tmp_path, data):
    path = tmp_path / "any.sql"
    path.write_bytes(KINDS.encode() + b"INSERT INTO t VALUES " + data)
    try:
        with DumpFile(path) as file:
            rows_of(file)
    except InputError as error:
        assert error.hint


@pytest.mark.parametrize(
    ("charset", "codec"),
    [("latin1", "cp1252"), ("latin2", "iso8859-2"), ("cp1251", "cp1251"), ("koi8r", "koi8-r"), ("greek", "iso8859-7"), ("utf8", "utf-8")],
)
def test_character_sets(tmp_path, charset, codec):
    text = bytes(range(32, 256)).decode(codec, "ignore") if codec != "utf-8" else "é日😀"
    sql = f"CREATE TABLE t (a text, b blob);\n/*!40101 SET NAMES {charset} */;\nINSERT INTO t VALUES ({literal(text)},{literal(text)});".encode(codec)
    assert read(tmp_path, sql) == [(text, text.encode(codec))]


def test_bytes_of_latin1_that_stand_for_nothing_are_control_characters_as_on_the_server(tmp_path):
    assert read(tmp_path, b"CREATE TABLE t (a text);SET NAMES latin1;INSERT INTO t VALUES ('\x80\x81\x8d\x9f');") == [("€\x81\x8dŸ",)]


def test_hexadecimal_text_is_in_the_character_set_of_its_column(tmp_path):
    columns = "a varchar(9) CHARACTER SET latin1, b text, c varchar(5) COLLATE cp1251_general_ci, d char(5) CHARACTER SET binary"
    sql = f"CREATE TABLE t ({columns}) CHARSET=utf8;"
    assert read(tmp_path, sql + "INSERT INTO t VALUES (0xE9,0xC3A9,_binary 0xE9,0xE9);") == [("é", "é", "й", b"\xe9")]
    with pytest.raises(InputError, match="bytes in a column of a character set that is not known here"):
        read(tmp_path, "CREATE TABLE t (a text CHARACTER SET ucs2);INSERT INTO t VALUES (0x0041);")


def test_the_names_of_a_set_hold_until_the_next(tmp_path):
    sql = (
        T.encode()
        + b"INSERT INTO t VALUES (1,'\xc3\xa9');SET NAMES latin1;INSERT INTO t VALUES (2,'\xe9');"
        + b"/*!40101 SET NAMES default */;INSERT INTO t VALUES (3,'\xc3\xa9');"
    )
    assert read(tmp_path, sql) == [(1, "é"), (2, "é"), (3, "é")]


def test_backslashes_can_be_switched_off(tmp_path):
    sql = T + r"INSERT INTO t VALUES (1,'a\'b');SET SQL_MODE='NO_BACKSLASH_ESCAPES';INSERT INTO t VALUES (2,'a\'),(3,'\n''');"
    sql += r"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;INSERT INTO t VALUES (4,'\\');"
    for size in (1, 1 << 20):
        assert read_in_pieces(tmp_path, sql, size) == [(1, "a'b"), (2, "a\\"), (3, "\\n'"), (4, "\\")]


def test_what_else_stands_in_dumps(tmp_path):
    sql = f"""/*M!999999\\- enable the sandbox mode */
-- a comment; with 'quotes
#another;
SET @x=1;;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `d`;
USE `d`;
DROP TABLE IF EXISTS `t`;
{T}
/*!50001 CREATE VIEW `v` AS SELECT 1 */;
DELIMITER ;;
/*!50003 CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a=';'; SET @b=2; END */;;
CREATE PROCEDURE p() BEGIN INSERT INTO t VALUES (9,'no row of the dump'); END ;;
DELIMITER ;
LOCK TABLES `t` WRITE;
/*!40000 ALTER TABLE `t` DISABLE KEYS */;
INSERT  INTO `d`.`t` VALUES (1,'a');
insert ignore into T (B, a) values ('b', 2);
REPLACE INTO `t` VALUES (3,'c');
/*!50000 INSERT INTO `t` VALUES (4,'d') */;
INSERT LOW_PRIORITY INTO t VALUE (5,'e');
UNLOCK TABLES;
ALTER TABLE `t` ADD PRIMARY KEY (`a`), ADD KEY `k` (`b`(9));
COMMIT;
"""
    for size in (1, 50, 1 << 20):
        assert read_in_pieces(tmp_path, sql, size) == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]


def test_dropped_and_emptied_tables(tmp_path):
    sql = f"{T}INSERT INTO t VALUES (1,'old');DROP TABLE IF EXISTS x, `t`;{T}INSERT INTO t VALUES (2,'b');"
    sql += "TRUNCATE TABLE t;INSERT INTO t VALUES (3,'c');"
    assert read(tmp_path, sql) == [(3, "c")]


def test_types_of_columns(tmp_path):
    path = tmp_path / "d.sql"
    path.write_text(
        """CREATE TABLE IF NOT EXISTS `a``b` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT COMMENT 'x, y) ''z',
  "e" enum('a','b,)','it''s') CHARACTER SET latin1 DEFAULT 'a',
  s set('x') COLLATE utf8_bin, n decimal(10,2), v varchar(10) BINARY, vb varbinary(10), y year(4), d date, j json,
  `key` text CHARACTER SET utf8 COLLATE utf8_bin NOT NULL, `primary` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  g double precision GENERATED ALWAYS AS (n * 2) VIRTUAL,
  PRIMARY KEY (`id`), UNIQUE KEY `u` (`e`(2)), KEY (`s`), CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `o` (`id`), CHECK (n > 0)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARACTER SET = koi8r COMMENT='a (b';"""
    )
    with DumpFile(path) as file:
        columns = file.tables["a`b"].create.columns
    assert [(c.name, c.kind.value, c.charset) for c in columns] == [
        ("id", "integer", ""), ("e", "text", "latin1"), ("s", "text", "utf8"), ("n", "real", ""), ("v", "text", "koi8r"), ("vb", "bytes", ""),
        ("y", "integer", ""),        ("d", "time", ""), ("j", "text", "koi8r"), ("key", "text", "utf8"), ("primary", "time", ""), ("g", "real", ""),
    ]  # fmt: skip


def test_columns_come_as_asked(tmp_path):
    path = tmp_path / "d.sql"
    path.write_text(f"{T}INSERT INTO t VALUES (1,'x'),(2,NULL);")
    with DumpFile(path) as file:
        ((batch, _),) = file.rows("t", ["B", "missing", "a"])
    assert batch.to_pydict() == {"B": ["x", None], "missing": [None, None], "a": [1, 2]}


def test_long_statements_and_values_pass_through_a_small_buffer(tmp_path):
    rows = [(i, f"{i}'" * (i % 7)) for i in range(300_000)] + [(-1, "é" * 9_000_000)]
    statement = "INSERT INTO t VALUES " + ",".join(f"({i},{literal(text)})" for i, text in rows) + ";"
    assert len(statement) > 16 << 20
    assert read_in_pieces(tmp_path, T + statement, 1 << 16) == rows


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstandard.compress)])
def test_compressed_dumps(tmp_path, suffix, pack):
    path = tmp_path / f"dump.sql.{suffix}"
    data = (T + "INSERT INTO t VALUES " + ",".join(f"({i},'{i}')" for i in range(50_000)) + ";").encode()
    path.write_bytes(pack(data))
    with DumpFile(path) as file:
        assert rows_of(file) == [(i, str(i)) for i in range(50_000)]
        assert rows_of(file, columns=["b"])[-1] == ("49999",)
    path.write_bytes(pack(data)[:-20])
    with pytest.raises(InputError, match=r"breaks off|corrupt"):
        DumpFile(path)


def test_a_byte_order_mark_is_no_part_of_the_dump_and_utf16_is_refused(tmp_path):
    assert read(tmp_path, b"\xef\xbb\xbf" + T.encode() + b"INSERT INTO t VALUES (1,'a');") == [(1, "a")]
    with pytest.raises(InputError, match="UTF-16"):
        read(tmp_path, T.encode("utf-16"))


def test_a_file_that_shrinks_is_an_error(tmp_path):
    path = tmp_path / "d.sql"
    path.write_text(f"{T}INSERT INTO t VALUES (1,'x');")
    with DumpFile(path) as file:
        path.write_text(T)
        with pytest.raises(InputError, match="became shorter"):
            rows_of(file)


def test_large_random_dump(tmp_path):
    dice = random.Random(3)
    alphabet = "ab'\"\\\n\r\0\x1a;,()-#/*é日😀 "
    rows = [(dice.randrange(-5, 5), "".join(dice.choice(alphabet) for _ in range(dice.randrange(30)))) for _ in range(100_000)]
    text = T + "".join(
        "INSERT INTO `t` VALUES " + ",".join(f"({i},{literal(x)})" for i, x in rows[k : k + 1000]) + ";\n" for k in range(0, len(rows), 1000)
    )
    assert read(tmp_path, text) == rows
    assert math.isclose(sum(i for (i,) in read(tmp_path, text, columns=["a"])), sum(i for i, _ in rows))

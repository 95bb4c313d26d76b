"""Which database, as whom: URLs, option files, passwords, and what is refused."""

import os
import stat

import pytest

from moocdb_fast.database.target import target_of
from moocdb_fast.errors import InputError, UsageError


def of(url, **more):
    return target_of(url, environ=more.pop("environ", {}), **more)


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_a_whole_url():
    target = of("mysql://ann@db.example.org:3307/course")
    assert (target.user, target.host, target.port, target.database, target.socket) == ("ann", "db.example.org", 3307, "course", "")
    assert (target.tls, target.password, target.server) == ("preferred", None, "db.example.org:3307")
    assert of("mariadb://ann@db/course").port == 3306
    assert of("mysql://ann@[::1]:3306/course").server == "[::1]:3306"
    odd = of("mysql://a%40b@localhost/my%20course?socket=/run/my%20sql.sock")
    assert (odd.user, odd.database, odd.socket, odd.server) == ("a@b", "my course", "/run/my sql.sock", "/run/my sql.sock")


def test_the_user_is_that_of_the_machine_if_nobody_says_otherwise(monkeypatch):
    monkeypatch.setenv("LOGNAME", "somebody")
    assert of("mysql://db/course").user == "somebody"


def test_a_user_without_a_name_on_this_machine_must_be_named(monkeypatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)  # as in a container that is started with --user
    assert of("mysql://ann@db/course").user == "ann"
    with pytest.raises(UsageError, match="names no user"):
        of("mysql://db/course")


@pytest.mark.promise("P24")
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://ann:hunter2@db/course", "holds a password"),
        ("mysql://ann:@db/course", "holds a password"),
        ("mysql://ann@db/course?password=hunter2", "holds a password"),
        ("mysql://ann:hun/ter2@db/course", "cannot be read"),
        ("mysql://ann@db:x/course", "cannot be read"),
        ("postgres://ann:hunter2@db/course", "must start with"),
        ("course", "must start with"),
        ("mysql://ann@db", "names no database"),
        ("mysql://ann@db/", "names no database"),
        ("mysql://ann@db/a/b", "names no database"),
        ("mysql://ann@db/" + "x" * 65, "cannot have this name"),
        ("mysql://ann@db/a%00b", "cannot have this name"),
        ("mysql://ann@db/course?ssl=1", "mean nothing"),
        ("mysql://ann@db/course#x", "mean nothing"),
    ],
)
def test_urls_that_are_refused_are_never_shown(url, why):
    with pytest.raises(UsageError) as refused:
        of(url)
    assert why in refused.value.message
    assert "hun" not in refused.value.message + refused.value.hint


@pytest.mark.promise("P24")
def test_where_the_password_comes_from(tmp_path):
    file = private(tmp_path / "password", "from the file \nsecond line\n")
    options = private(tmp_path / "my.cnf", "[client]\npassword = from-options\n")
    environ = {"MYSQL_PWD": "from mysql_pwd", "MOOCDB_FAST_PASSWORD": "from ours"}
    url = "mysql://ann@db/course"
    everything = {"password_file": file, "defaults_file": options, "environ": environ}
    assert of(url, password="given", **everything).password == "given"
    assert of(url, **everything).password == "from the file "
    assert of(url, defaults_file=options, environ=environ).password == "from-options"
    assert of(url, environ=environ).password == "from ours"
    assert of(url, environ={"MYSQL_PWD": "x"}).password == "x"
    assert of(url).password is None
    assert "given" not in repr(of(url, password="given"))


@pytest.mark.promise("P24")
@pytest.mark.parametrize("name", ["password_file", "defaults_file"])
def test_files_with_passwords_must_be_private(tmp_path, name):
    file = private(tmp_path / "file", "[client]\npassword=secret\n")
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(InputError, match="other users") as refused:
            of("mysql://ann@db/course", **{name: file})
        assert "chmod 600" in refused.value.hint
    file.chmod(0o400)
    of("mysql://ann@db/course", **{name: file})
    os.mkfifo(tmp_path / "pipe")
    for odd in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(InputError):
            of("mysql://ann@db/course", **{name: odd})


def test_an_option_file_fills_what_the_url_leaves_open(tmp_path):
    file = tmp_path / "my.cnf"
    file.write_text(
        "# mine\n!include /etc/nothing.cnf\n[mysqld]\nuser = mysql\n[client]\nuser = bob\nhost = db.example.org\nport = 3310  # ours\n"
        "socket = /run/s\nquick\nssl-mode = REQUIRED\n[mysql]\nuser = carol\n"
    )
    assert stat.S_IMODE(file.stat().st_mode) & 0o044  # no password in it: everybody may read it
    target = of("mysql:///course", defaults_file=file)
    assert (target.user, target.host, target.port, target.socket) == ("bob", "db.example.org", 3310, "/run/s")
    target = of("mysql://ann@other/course", defaults_file=file)
    assert (target.user, target.host, target.port, target.socket) == ("ann", "other", 3310, "")
    private(file, "[other]\nuser = bob\n")
    assert of("mysql://ann@db/course", defaults_file=file).password is None
    for text in ("user = bob\n", *(f"[client]\nport = {port}\n" for port in ("many", "0", "65536", "9" * 5000))):
        private(file, text)
        with pytest.raises(InputError):
            of("mysql://db/course", defaults_file=file)


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("plain", "plain"),
        ('"in quotes"', "in quotes"),
        ("'a#b'", "a#b"),
        ("a#b", "a#b"),
        ("a # comment", "a"),
        (r"a\sb\\c", r"a b\c"),
        (r"c:\x", r"c:\x"),
        ("with=equals:and%signs", "with=equals:and%signs"),
    ],
)
def test_passwords_in_option_files_are_read_as_mysql_reads_them(tmp_path, written, password):
    assert of("mysql://ann@db/course", defaults_file=private(tmp_path / "my.cnf", f"[client]\npassword = {written}\n")).password == password


@pytest.mark.promise("P20")
def test_tls(tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("x")
    url = "mysql://ann@db/course"
    assert of(url, tls="off").tls == "off"
    assert (of(url, tls_ca=ca).tls, of(url, tls_ca=ca).tls_ca) == ("verify", str(ca))
    assert of(url, defaults_file=private(tmp_path / "my.cnf", f"[client]\nssl-ca = {ca}\n")).tls == "verify"
    for more in ({"tls": "maybe"}, {"tls": "required", "tls_ca": ca}):
        with pytest.raises(UsageError):
            of(url, **more)
    with pytest.raises(InputError):
        of(url, tls_ca=tmp_path / "missing")

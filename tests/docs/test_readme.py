"""What README and docs tell people to type exists, and their links lead somewhere."""

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest

from moocdb_fast.cli import build_parser
from moocdb_fast.options import Options

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def blocks(page, language):
    return [text for kind, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def commands():
    """(page, command) of every shell block; `a && b` are two."""
    return [
        (page.relative_to(ROOT), part.strip())
        for page in PAGES
        for block in blocks(page, "sh")
        for line in block.splitlines()
        for part in line.split("&&")
        if part.strip()
    ]


def test_readme_has_its_two_commands():
    own = [command for page, command in commands() if str(page) == "README.md"]
    assert own == ["python -m pip install .", "python -m moocdb_fast run examples/tracking.log.gz --out moocdb/", "bash ci/test.sh"]
    assert "bash ci/test.sh" in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize(("page", "command"), commands(), ids=str)
def test_command_exists(page, command):
    words = shlex.split(re.split("[<>]", command)[0])
    if words[:3] == ["python", "-m", "moocdb_fast"]:
        with contextlib.redirect_stderr(io.StringIO()) as said:
            args = build_parser().parse_args(words[3:])
        assert args.execute, said.getvalue()
        for name in words:
            if name.startswith("examples/"):
                assert (ROOT / name).is_file()
    elif words[0] in ("bash", "python") and words[1].startswith("ci/"):
        assert (ROOT / words[1]).is_file()
    else:
        known = ("python", "python3", "mysql", "cd", ".", ".venv/bin/pip", ".venv/bin/pytest")
        assert words[0] in known, f"{page}: is {words[0]} really there for the reader?"


def test_inline_commands_exist():
    for page in PAGES:
        for text in re.findall(r"`python -m moocdb_fast ([a-z][^`]*)`", page.read_text(encoding="utf-8")):
            if text.strip() != "run":
                build_parser().parse_args(shlex.split(text))


def test_links_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in _LINK.findall(_BLOCK.sub("", page.read_text(encoding="utf-8")))
        if not (page.parent / target).exists()
    ]
    assert not broken


def test_toml_of_the_docs_is_valid(tmp_path):
    for page in PAGES:
        for text in blocks(page, "toml"):
            (tmp_path / "options.toml").write_text(text)
            Options.from_toml(tmp_path / "options.toml")


@pytest.mark.parametrize(
    "page",
    [
        "docs/how-to/use-from-python.md",
        "docs/how-to/query-with-sql.md",
        "docs/how-to/check-an-output.md",
        "docs/how-to/use-published-sql.md",
        "docs/tutorial.md",
    ],
)
def test_python_of_the_docs_runs(page, tmp_path, monkeypatch, capsys):
    from moocdb_fast import translate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    shutil.copy(ROOT / "examples" / "tracking.log.gz", tmp_path)
    if page != "docs/how-to/use-from-python.md":
        translate(["tracking.log.gz"], "moocdb")
    names = {"__name__": "__main__"}
    for block in blocks(ROOT / page, "python"):
        exec(compile(block, page, "exec"), names)
    assert capsys.readouterr().out


def test_the_query_of_the_docs_prints_what_they_say(tmp_path, capsys):
    from moocdb_fast import Options, translate
    from moocdb_fast.cli import main

    page = ROOT / "docs" / "how-to" / "query-with-sql.md"
    translate(ROOT / "examples" / "tracking.log.gz", tmp_path / "moocdb", Options(key_file=tmp_path / "key"))
    words = shlex.split(blocks(page, "sh")[0])
    assert main([str(tmp_path / "moocdb") if word == "moocdb/" else word for word in words[3:]]) == 0
    assert capsys.readouterr().out == blocks(page, "text")[0]


def test_the_readme_shows_what_its_command_prints(tmp_path):
    from moocdb_fast import Options, translate
    from moocdb_fast.cli.report import report

    summary = translate(ROOT / "examples" / "tracking.log.gz", tmp_path / "moocdb", Options(key_file=tmp_path / "key"))
    printed, table = blocks(ROOT / "README.md", "text")
    assert report(summary).lstrip("\n").startswith(printed)
    command, *lines = table.splitlines()
    assert command == "$ head -n 4 moocdb/submissions.csv"
    assert lines == (tmp_path / "moocdb" / "submissions.csv").read_text(encoding="utf-8").splitlines()[:4]

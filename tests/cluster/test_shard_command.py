"""`shard` and the cluster options of `run`, as they are typed."""

from __future__ import annotations

import pytest

from moocdb_fast.cli import main

from .conftest import SHARD


def said(capsys, *argv):
    code = main([str(a) for a in argv])
    out, err = capsys.readouterr()
    assert out == ""
    return code, err


def test_plan_run_merge(course, work, capsys, monkeypatch):
    plan = work.with_name("plan.json")
    code, err = said(capsys, "shard", "plan", *course.logs, "--shards", 3, "--shard-bytes", SHARD, "--out", plan)
    assert code == 0
    assert "in 3 pieces" in err
    for words in ("scanned", "were scanned already"):
        code, err = said(capsys, "shard", "run", plan, "--index", 2, "--work", work)
        assert code == 0
        assert err.startswith("piece-2: ")
        assert err.endswith(f"kB {words}\n")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "0")
    assert said(capsys, "shard", "run", plan, "--work", work, "--quiet") == (0, "")
    merge = ("shard", "merge", plan, "--work", work, "--out", work.with_name("out"), "--key-file", course.folder / "key")
    code, err = said(capsys, *merge)
    assert code == 3
    assert err.count("\n") == 1
    assert "1 of the 3 pieces are not in" in err
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    assert said(capsys, "shard", "run", plan, "--work", work, "--workers", 2)[0] == 0
    code, err = said(capsys, *merge)
    assert code == 0
    assert "translated" in err
    course.is_whole(work.with_name("out"))


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (("shard", "plan", "-", "--shards", "2", "--out", "p.json"), 2, "pipe"),
        (("shard", "plan", "nowhere.json", "--shards", "2", "--out", "p.json"), 3, "nowhere.json"),
        (("shard", "run", "nowhere.json", "--index", "0", "--work", "w"), 3, "nowhere.json"),
        (("shard", "run", "nowhere.json", "--work", "w"), 2, "which piece"),
        (("shard", "run", "nowhere.json", "--index", "0", "--work", "w", "--workers", "0"), 2, "--workers"),
        (("run", "x", "--out", "y", "--scheduler", "tcp://h:1"), 2, "--engine dask"),
        (("run", "x", "--out", "y", "--engine", "dask", "--cluster", "slurm"), 2, "--config-dask"),
        (("run", "x", "--out", "y", "--engine", "dask", "--cluster", "cray", "--config-dask", "f"), 2, "choose from slurm"),
        (("run", "x", "--out", "y", "--engine", "dask", "--cluster", "pbs", "--scheduler", "tcp://h:1"), 2, "choose one"),
        (("run", "--from-relations", "x", "--out", "y", "--engine", "dask"), 2, "--from-relations"),
        (("run", "x", "--out", "y", "--engine", "dask", "--append"), 2, "--append"),
    ],
)
def test_refused_in_one_line(tmp_path, monkeypatch, capsys, argv, code, says):
    monkeypatch.chdir(tmp_path)
    for name in ("SLURM_ARRAY_TASK_ID", "PBS_ARRAY_INDEX", "JOB_COMPLETION_INDEX"):
        monkeypatch.delenv(name, raising=False)
    got, err = said(capsys, *argv)
    assert got == code
    assert says in err
    assert err.startswith("moocdb_fast: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "says"), [("cores = 1", "n_workers"), ("cores =", "not a TOML file")])
def test_cluster_file(course, work, capsys, content, says):
    work.mkdir()
    (work / "dask.toml").write_text(content)
    argv = ("run", course.logs[0], "--out", work / "out", "--engine", "dask", "--cluster", "slurm", "--config-dask", work / "dask.toml")
    code, err = said(capsys, *argv)
    assert code == 2
    assert says in err

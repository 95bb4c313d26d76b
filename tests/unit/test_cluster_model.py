"""The model of a cluster: what it simulates adds up, agrees with what can be reckoned by hand, and rests on the measurement that is stored."""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import cluster_model  # noqa: E402
from generate import generate  # noqa: E402
from simulated_cluster import (  # noqa: E402
    Cluster,
    Hopeless,
    Line,
    Sample,
    Task,
    Work,
    fit,
    from_json,
    measure,
    measuring,
    memory,
    simulate,
    tasks,
    to_json,
)
from synthetic_log import Plan  # noqa: E402

MIXED = [Task(100.0 + 7 * (number % 5), 1e9 * (number % 3), 2e8, 1 + number % 4) for number in range(60)]
ROUGH = Cluster(nodes=7, cores=2, bandwidth=1e8, failures=4.0, repair=50.0, delay=1.0, slow=0.3)
STORED = json.loads(cluster_model.STORED.read_bytes())


def once(tasks, cluster, seed=0):
    return simulate([("only", tasks)], cluster, seed)[0]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("cluster", [Cluster(), ROUGH, Cluster(3, failures=10.0, repair=0.0)], ids=["plain", "rough", "failing"])
def test_every_task_is_done_once_and_all_work_is_told(cluster, seed):
    for phase in simulate([("first", MIXED), ("none", []), ("second", MIXED[:9])], cluster, seed):
        expected = {"first": MIXED, "none": [], "second": MIXED[:9]}[phase.name]
        assert sorted(phase.done) == list(range(len(expected))) and phase.tasks == len(expected)
        assert phase.cpu == pytest.approx(sum(task.cpu for task in expected) + phase.repeated)
        assert phase.read >= sum(task.read for task in expected) * (1 - 1e-9)
        assert (phase.starts > phase.tasks) >= (phase.repeated > 0)
        if not cluster.failures:
            assert (phase.repeated, phase.starts) == (0, len(expected))
            assert phase.written == pytest.approx(sum(task.written for task in expected))


def test_failures_do_happen():
    assert once(MIXED, ROUGH).repeated > 0


@pytest.mark.parametrize(("cores", "pieces"), [(1, 1), (1, 7), (4, 7), (4, 8), (16, 3)])
def test_one_node_is_rounds_of_its_cores(cores, pieces):
    assert once([Task(30.0)] * pieces, Cluster(cores=cores, delay=2.0)).seconds == pytest.approx(math.ceil(pieces / cores) * 32.0)


@pytest.mark.parametrize("nodes", [4, 40])
def test_a_server_that_is_too_slow_decides(nodes):
    """Tasks that want four times what it gives, or more, last as long as it needs for their bytes."""
    assert once([Task(1.0, 3e8, 1e8)] * 80, Cluster(nodes, bandwidth=4e8)).seconds == pytest.approx(80 * 4e8 / 4e8)


def test_a_server_that_is_fast_enough_does_not():
    assert once([Task(1.0, 1e8)] * 80, Cluster(4, bandwidth=4e8)).seconds == pytest.approx(20.0)


def test_who_wants_little_of_the_server_gets_it():
    """10 MB/s for the first of two; 90 MB/s of 100 are left for the other, which could read a gigabyte per second."""
    both = once([Task(10.0, 1e8), Task(1.0, 1e9)], Cluster(2, bandwidth=1e8))
    assert both.seconds == pytest.approx(11.0)  # at 10 s 900 MB of the second are read; then it has all
    assert both.done == [0, 1]


@pytest.mark.parametrize("bandwidth", [math.inf, 1e9, 1e8])
@pytest.mark.parametrize("some", [MIXED, [Task(100.0, 1e9)] * 60], ids=["mixed", "alike"])
def test_more_nodes_are_never_slower(some, bandwidth):
    found = [once(some, Cluster(nodes, bandwidth=bandwidth, delay=1.0)).seconds for nodes in (1, 2, 3, 5, 8, 20, 60, 100)]
    assert all(later <= earlier * (1 + 1e-9) for earlier, later in pairwise(found))


def test_the_same_seed_gives_the_same_result():
    assert once(MIXED, ROUGH, 3) == once(MIXED, ROUGH, 3)
    assert once(MIXED, ROUGH, 3) != once(MIXED, ROUGH, 4)


def test_finished_units_are_not_repeated():
    often = Cluster(failures=12.0, repair=0.0)
    whole, in_units = (once([Task(600.0, units=units)] * 5, often, 1) for units in (1, 60))
    assert whole.starts > 5 and in_units.starts > 5
    assert in_units.repeated <= 10.0 * (in_units.starts - 5) < whole.repeated


def test_a_task_that_never_gets_to_its_end():
    with pytest.raises(Hopeless, match="only: nodes fail so often"):
        once([Task(36_000.0)], Cluster(failures=3.0, repair=1.0))


def test_slow_nodes_hold_up_a_phase():
    assert once([Task(10.0)] * 4, Cluster(4, slow=0.25, slowness=3.0)).seconds == pytest.approx(30.0)


def test_lines_are_found_again():
    true = Line(0.5, 2.0, 3.0, 10.0)
    points = [(log, log / parts, users) for log in (0.001, 0.3, 1.0) for parts in (2, 4) for users in (0.01 * log, 0.2)]
    samples = [Sample("part", *point, true.at(*point), 0, 0, 0, 0, 0) for point in points]
    model = fit(samples)
    found = model["part"].lines["cpu"]
    assert found.at(10_000, 100, 10) == pytest.approx(true.at(10_000, 100, 10), rel=0.01)
    assert model["part"].spread == (1.0,) * len(model["part"].spread)
    assert from_json(json.loads(json.dumps(to_json(model)))) == model


def test_nothing_has_a_negative_price():
    samples = [Sample("merge", log, log, 0.0, cpu, 0, 0, 0, 0, 0) for log, cpu in ((0.1, 3.0), (1.0, 2.0), (2.0, 1.0))]
    line = fit(samples)["merge"].lines["cpu"]
    assert line.per_gb == 0 and line.fixed > 0


def test_the_stored_model_is_that_of_its_samples():
    for kind in STORED["kinds"].values():
        assert json.loads(json.dumps(to_json(fit([Sample(**sample) for sample in kind["samples"]])))) == kind["model"]


@pytest.mark.parametrize("kind", STORED["kinds"])
def test_tasks_add_up_to_the_model(kind):
    model = from_json(STORED["kinds"][kind]["model"])
    phases = dict(tasks(model, Work(1000.0, 1.0, 50, parts=4, plans=2), even=True))
    assert {name: len(found) for name, found in phases.items()} == {"plan": 2, "scan": 50, "parts": 8, "merge": 2}
    line = model["scan"].lines["cpu"]
    assert sum(task.cpu for task in phases["scan"]) == pytest.approx(50 * line.fixed + 1000 * line.per_share_gb)
    assert phases["merge"][0].cpu == pytest.approx(model["merge_of_parts"].lines["cpu"].at(500.0, 0.0, 1.0))
    assert set(memory(model, Work(1000.0, 1.0, 50))) == {"plan", "scan", "merge"}


def test_partitions_grow_with_large_logs():
    """A gigabyte has 1,000,000 rows: 33 GB have 1,000 partitions of the usual size, and 10 TB as many of 9.8 million rows."""
    samples = [Sample("merge", log, 0.0, 0.0, 1.0, 0, 0, 0, 100, 50, round(log * 1e6)) for log in (1.0, 2.0)]
    samples.append(Sample("merge_wide", 2.0, 0.9, 0.0, 1.0, 0, 0, 0, 190, 140, 2_000_000))
    model = fit(samples) | dict.fromkeys(("plan", "scan"), fit(samples)["merge"])
    assert memory(model, Work(30.0, 0.0, 1))["merge"] == pytest.approx((100.0, 50.0), rel=0.01)
    assert memory(model, Work(10_000.0, 0.0, 1))["merge"][0] == pytest.approx(100.0 + 100.0 * (10_000 / 1024 - 0.033), rel=0.01)
    assert memory(model, Work(10_000.0, 0.0, 1, plans=400))["merge"][0] == pytest.approx(100.0, rel=0.01)


def test_all_steps_are_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "PIECES", 1)
    monkeypatch.setattr(measuring, "PARTS", (1,))
    unpacked = generate(Plan(size=100_000), tmp_path / "log.json").bytes
    (tmp_path / "work").mkdir()
    said = []
    samples = measure(tmp_path / "log.json", unpacked, tmp_path / "work", said.append)
    assert [sample.step for sample in samples] == ["plan", "scan", "merge", "part", "merge_of_parts"]
    assert len(said) == 5 and all(sample.cpu > 0 and sample.peak > 0 for sample in samples)
    assert samples[1].left > 0 and samples[2].left == pytest.approx(samples[4].left, rel=0.01) and samples[2].users > 0
    assert set(fit(samples)) == {"plan", "scan", "merge", "part", "merge_of_parts"}


def test_a_measurement_can_be_added_to(monkeypatch, tmp_path):
    out = tmp_path / "model.json"
    monkeypatch.setattr(cluster_model, "_measured", lambda log, folder, size: [Sample("plan", size / 1e9, 0.0, 0.0, 0.5, 0, 0, 0, 1, 1)])
    words = ("measure", "--eras", "legacy", "--many-size", "0", "--out", str(out), "--sizes")
    assert run(monkeypatch, *words, "20KB", "30KB") == run(monkeypatch, *words, "40KB", "--add") == 0
    content = json.loads(out.read_bytes())
    assert [round(sample["log"] * 1e5) for sample in content["kinds"]["legacy"]["samples"]] == [2, 3, 4]
    assert len(content["measured"]) == 2
    assert from_json(content["kinds"]["legacy"]["model"])["plan"].lines["cpu"].fixed == 0.5


def test_each_line_can_have_its_own_user(tmp_path):
    generate(Plan(size=100_000, bad_rate=0.0), tmp_path / "log.json")
    measuring.scatter(tmp_path / "log.json", tmp_path / "many.json")
    lines = map(json.loads, (tmp_path / "many.json").read_bytes().splitlines())
    names = [line["username"] for line in lines if line["username"].startswith("learner")]
    assert len(set(names)) == len(names) > 50


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["cluster_model.py", *words])
    return cluster_model.main()


def test_the_commands(monkeypatch, capsys, tmp_path):
    words = ("predict", "--nodes", "10", "--log", "1TB", "--disk", "2GB", "--node-failure", "0.1", "--seeds", "2", "--parts", "4", "--gzip")
    assert run(monkeypatch, *words) == 0
    first = capsys.readouterr().out
    assert [line.split("|")[1].strip() for line in first.splitlines() if line.startswith("|")][2:] == ["plan", "scan", "parts", "merge", "together"]
    assert run(monkeypatch, *words) == 0
    assert capsys.readouterr().out == first
    check = ("check", "--log-size", "200KB", "--pieces", "2", "--within", "1000", "--folder", str(tmp_path))
    assert run(monkeypatch, *check) == 0
    assert "| together |" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no odd logs"):
        run(monkeypatch, *words, "--kind", "odd")

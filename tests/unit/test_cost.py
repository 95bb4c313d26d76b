"""What a run says that it cost is its own."""

import json
import resource
import subprocess
import sys

from unit.days import write

from moocdb_fast.cost import Cost
from moocdb_fast.ledger import RunFacts

HUNGRY = "b = b'x' * (700 << 20)"
BUSY = "import time\nwhile time.process_time() < 0.5: pass"


def test_cpu_of_earlier_children_does_not_count():
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    before, facts = resource.getrusage(resource.RUSAGE_CHILDREN), RunFacts()
    cost = Cost()
    cost.tell(facts)
    assert facts.cpu_seconds < before.ru_utime


def test_cpu_of_workers_counts():
    cost, facts = Cost(), RunFacts()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", BUSY], check=True)
    cost.tell(facts)
    assert facts.cpu_seconds >= resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before.ru_utime - 0.001  # it is rounded


def test_memory_of_what_a_shell_ran_before_does_not_count(tmp_path):
    """The shell's process becomes that of the run, as in `sh -c "a && b"`."""
    event = {"username": "learner", "time": "2024-03-05T10:00:00+00:00", "event_source": "browser", "event_type": "seq_next"}
    log = write(tmp_path / "log.json", [json.dumps(event).encode()])
    script = f'"$0" -c "{HUNGRY}"; exec "$0" -m moocdb_fast run "$1" --out "$2" --key-file "$2.key" --workers 1 --quiet'
    subprocess.run(["sh", "-c", script, sys.executable, str(log), str(tmp_path / "out")], check=True)
    facts = json.loads((tmp_path / "out" / "summary.json").read_text())["run"]
    assert facts["peak_memory_bytes"] < 700 << 20

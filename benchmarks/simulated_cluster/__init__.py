"""What a translation in pieces costs, measured here, and what that predicts for clusters that are not.

measuring.py     the commands themselves, one process at a time
model.py         straight lines through what was measured, and the tasks that follow from them
simulation.py    these tasks on nodes that share a file server, and fail
"""

from .measuring import measure, worked
from .model import Line, Model, Sample, Step, Work, fit, from_json, memory, tasks, to_json
from .simulation import Cluster, Hopeless, Phase, Task, simulate

__all__ = [
    "Cluster",
    "Hopeless",
    "Line",
    "Model",
    "Phase",
    "Sample",
    "Step",
    "Task",
    "Work",
    "fit",
    "from_json",
    "measure",
    "memory",
    "simulate",
    "tasks",
    "to_json",
    "worked",
]

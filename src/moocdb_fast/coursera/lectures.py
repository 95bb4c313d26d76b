"""Views and downloads of lectures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import NONE, Reader, joined
from .people import People, attend
from .reasons import Drop
from .resources import Resources
from .writing import Events

Array = np.ndarray[Any, Any]


def write_views(reader: Reader, people: People, resources: Resources, events: Events) -> None:
    """tutorial_visit, and tutorial_download."""
    frame = reader.frame("lecture_submission_metadata")
    ids, times = frame.numbers("id"), frame.times("submission_time")
    place = resources.of("lecture").of(frame.numbers("item_id"))
    users = people.of("session", frame.raw("session"))
    rows = attend(reader, frame, users, ids, (Drop.NO_ITEM, place != 0), (Drop.NO_TIME, times != NONE))
    download = pc.equal(frame.texts("action"), "download").fill_null(False).to_numpy(zero_copy_only=False)[rows]
    names = pa.DictionaryArray.from_arrays(pa.array(download.astype(np.int32)), pa.array(["tutorial_visit", "tutorial_download"]))
    events.add(frame.name, names, users[rows], times[rows], place[rows], joined("lecture_view", ids[rows]))

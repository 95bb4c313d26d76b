"""The kernel's tables of pages and modules against plain statements of the rules (rules.md, section 12), for odd addresses and names."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast import _core
from moocdb_fast.columns import Text
from moocdb_fast.events import resources as kinds

from . import addresses
from .modules import Module
from .resources import Resources, name_of
from .test_kernel_agrees import agree, each_log
from .translate import TwinOptions

_PIECES = st.sampled_from([
    "courses", "courses", "course", "course-v1:Org+N+R", "ccx-v1:O+N+R+ccx@1", "course-v1:bad", "A-B", "1", "run", "courseware", "info", "wiki",
    "book", "xblock", "about", "dashboard", "u", "preview", "unheard-of", "i4x:/", "progress", "4", "10000", "é" * 40, "x" * 700,
    "0123456789abcdef" * 2,
])  # fmt: skip
_HOSTS = st.sampled_from(["https://courses.edx.org", "http://localhost:8000", "https://a"])
_PREFIXES = st.sampled_from(["", "/courses/A-B/1/run", "/courses/course-v1:Org+N+R", "/course/ccx-v1:O+N+R+ccx@1", "/courses/a/courses/A/1/r"])
PATHS = st.tuples(_PREFIXES, st.lists(_PIECES, max_size=7)).map(lambda pair: "/".join((pair[0], *pair[1])))
ADDRESSES = st.tuples(_HOSTS, PATHS).map("".join)
NAMES = st.one_of(
    st.text("aF09_.-", min_size=1, max_size=80),
    st.sampled_from(["0123456789abcdef" * 2, "x" + "0123456789ABCDEF" * 2, "0123456789abcdef0123456789abcde", "a_b__c", "n" * 255]),
)
_BY_SECTION, _BY_SITE_SECTION = ({k.encode(): v for k, v in known.items()} for known in (kinds.BY_SECTION, kinds.BY_SITE_SECTION))


@settings(max_examples=300, deadline=None)
@given(st.lists(ADDRESSES, max_size=12))
def test_the_tree_of_pages(texts: list[str]) -> None:
    cleaned = list(dict.fromkeys(clean for text in texts if (clean := addresses.clean(text))))
    given_ = Text.of(cleaned)
    pages, above, types, source, own = _core.grow_tree(given_.ends, given_.data, _BY_SECTION, _BY_SITE_SECTION, kinds.OTHER)
    slow = Resources()
    wanted_own = [slow.page(addresses.Page(address, base=address)) - 1 for address in cleaned]
    assert Text(*pages).to_list() == [page.uri for page in slow.all]
    assert above.tolist() == [(page.parent or 0) - 1 for page in slow.all]
    assert types.tolist() == [page.type for page in slow.all]
    assert own.tolist() == wanted_own
    assert all(cleaned[at].startswith(page.uri) for at, page in zip(source.tolist(), slow.all, strict=True))
    assert source.tolist() == sorted(source.tolist())


@given(st.lists(NAMES, max_size=8))
def test_names_of_machines(names: list[str]) -> None:
    text = Text.of(names)
    wanted = [name_of(Module("id", "problem", name)) is None for name in names]
    assert _core.hex_runs(text.ends, text.data, 32).astype(bool).tolist() == wanted


@given(
    st.lists(st.text(max_size=6), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), max_size=8),
    st.sampled_from(["", "/", "é/"]),
    st.integers(-1, 12),
)
def test_texts_put_together(texts: list[str], rows: list[tuple[int, int]], tail: str, limit: int) -> None:
    column = Text.of(texts)
    codes = [np.array([min(row[i], len(texts) - 1) for row in rows], np.int32) for i in range(2)]
    parts = [(column.ends, column.data, codes[0], tail.encode()), (column.ends, column.data, codes[1], b"")]
    found = Text(*_core.join_coded(parts, len(rows), limit)).to_list()
    wanted = [(texts[a] + tail if a >= 0 else "") + (texts[b] if b >= 0 else "") for a, b in zip(*(c.tolist() for c in codes), strict=True)]
    assert found == ([text[:limit] for text in wanted] if limit >= 0 else wanted)


@given(st.lists(st.integers(-1, 100)))
def test_ranks(codes: list[int]) -> None:
    seen: Counter[int] = Counter()
    wanted = []
    for code in codes:
        seen[code] += 1
        wanted.append(seen[code] if code >= 0 else 0)
    assert _core.count_up(np.array(codes, np.int32)).tolist() == wanted


@st.composite
def _logs(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """Pages and modules of all kinds, of few people."""
    few = [draw(ADDRESSES) for _ in range(draw(st.integers(1, 6)))]
    modules = [
        draw(st.sampled_from(["i4x://A-B/1/{}/{}", "block-v1:Org+N+R+type@{}+block@{}"])).format(
            draw(st.sampled_from(["problem", "video", "openassessment", "odd", "html"])), draw(NAMES)
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    lines = []
    for minute in range(draw(st.integers(1, 25))):
        page, module = draw(st.sampled_from([*few, None])), draw(st.sampled_from(modules))
        key = module + draw(st.sampled_from(["", "_2_1", "_3_1", "_2_2"]))
        kind, payload = draw(
            st.sampled_from([
                ("play_video", {"id": module, "code": "c", "currentTime": 1}),
                ("problem_show", {"problem": module}),
                ("problem_check", {"problem_id": module, "answers": {key: "a"}, "correct_map": {key: {"correctness": "correct"}}}),
                (draw(PATHS) or "/", {}),
                ("page_close", {}),
            ])
        )  # fmt: skip
        context: dict[str, object] = {"course_id": draw(st.sampled_from(["A-B/1/run", "course-v1:Org+N+R", ""]))}
        if draw(st.integers(0, 4)) == 0:
            context["module"] = {"display_name": draw(st.sampled_from(["A_name", "é" * 600, " "])), "usage_key": module}
        source = "browser" if kind in ("play_video", "problem_show", "page_close") else "server"
        line = {
            "username": draw(st.sampled_from(["ann", "bob"])), "time": f"2013-03-05T10:{minute:02}:00", "event_type": kind, "event_source": source,
            "page": page, "host": "courses.edx.org", "context": context, "event": json.dumps(payload),
        }  # fmt: skip
        lines.append(json.dumps(line).encode())
    cut = draw(st.integers(0, len(lines)))
    return [(f"{name}.log", b"\n".join(part) + b"\n") for name, part in (("a", lines[:cut]), ("b", lines[cut:])) if part]


@each_log
@given(_logs(), st.sampled_from([64 * 1024 * 1024, 1500]))
def test_they_agree_on_odd_pages_and_modules(files: list[tuple[str, bytes]], shard_bytes: int) -> None:
    agree(files, TwinOptions(), shard_bytes)

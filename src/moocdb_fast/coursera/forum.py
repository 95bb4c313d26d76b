"""The forum: posts, comments, votes, what was read, what the activity log tells; wiki edits and announcements too."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .columns import NONE, Frame, Lookup, Reader, joined, numbers, optional, ranks, real_time, stamps, texts
from .kinds import ANSWER, COMMENT, OTHER, QUESTION, VOTE, WIKI_EDIT
from .people import UNKNOWN, UNSAMPLED, People, attend
from .php import php_loads
from .reasons import Drop, Note, Skip
from .resources import Resources
from .writing import Agents, Events, Writer

Array = np.ndarray[Any, Any]
READS = "kvs.forum_readrecord"
_RECORD = r"^forum_(?P<forum>-?[0-9]{1,18})\.(?P<user>[0-9]{1,18})$"
_WHOLE = -1  # instead of a thread: the entry `_all`


@dataclass
class Posts:
    """A block of collaborations of one source table."""

    source: str
    users: Array
    types: Array
    times: Array
    resources: Array
    keys: pa.Array
    content: pa.Array
    parents: Array  # collaboration_id, 0 for none
    children: Array  # NONE for none
    states: pa.Array | None = None
    agents: tuple[pa.Array, pa.Array] | None = None


@dataclass
class Collaborations:
    """Writes collaborations; keeps who has which id."""

    reader: Reader
    people: People
    resources: Resources
    writer: Writer
    agents: Agents
    ids: dict[str, Lookup] = field(default_factory=dict)  # post, comment → collaboration_id
    places: dict[str, Lookup] = field(default_factory=dict)  # post, comment → resource, of everything the export holds
    replies: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # the replies so far, by the ids of their parents
    blocks: list[Posts] = field(default_factory=list)

    def next(self) -> int:
        """The id of the next collaboration."""
        return self.writer.rows["collaborations"] + 1

    def write(self, posts: Posts) -> None:
        """The rows of a block."""
        rows, first = len(posts.users), self.next()
        columns = {
            "collaboration_id": pa.array(np.arange(first, first + rows)),
            "user_id": pa.array(posts.users),
            "collaboration_type_id": pa.array(posts.types),
            "collaboration_content": posts.content,
            "collaboration_timestamp": stamps(posts.times),
            "collaboration_parent_id": optional(posts.parents, 0),
            "collaboration_child_number": optional(posts.children),
            "resource_id": optional(posts.resources, 0),
            "collaboration_key": posts.keys,
        }
        if posts.states is not None:
            columns["collaboration_status"] = posts.states
        if posts.agents is not None:
            columns["collaborations_os"], columns["collaborations_agent"] = posts.agents
        self.writer.put("collaborations", columns, rows)
        self.blocks.append(posts)

    def add_events(self, events: Events) -> None:
        """One event per collaboration, with its key."""
        names = pa.array(["", "forum_post", "forum_comment", "forum_comment", "wiki_edit", "forum_vote", "announcement"])
        for posts in self.blocks:
            kinds = pa.DictionaryArray.from_arrays(pa.array(posts.types.astype(np.int32)), names)
            events.add(posts.source, kinds, posts.users, posts.times, posts.resources, posts.keys, agents=posts.agents)


def _states(frame: Frame) -> pa.Array:
    """deleted, spam or NULL."""
    deleted, spam = frame.flags("deleted"), frame.flags("is_spam") if "is_spam" in frame.names else np.zeros(frame.rows, bool)
    codes = np.where(deleted, 0, np.where(spam, 1, 2))
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=codes == 2), pa.array(["deleted", "spam"])).cast(pa.string())


def write_posts(c: Collaborations) -> None:
    """Posts: the original of each thread, and the answers to it."""
    frame = c.reader.frame("forum_posts")
    ids, threads, times = frame.numbers("id"), frame.numbers("thread_id"), frame.times("post_time")
    place = c.resources.of("thread").of(threads)
    c.places["post"] = Lookup(ids, place)
    root = _roots(threads, frame.flags("original"), times)
    users = c.people.of("forum", frame.raw("user"))
    rows = attend(c.reader, frame, users, ids, (Drop.NO_ITEM, place > 0))
    made = np.zeros(frame.rows + 1, np.int64)
    made[rows] = np.arange(c.next(), c.next() + len(rows))
    is_root = root[rows] == rows
    parents = np.where(is_root, 0, made[root[rows]])
    c.reader.ledger.note(frame.name, Note.NO_PARENT, int(np.sum(~is_root & (parents == 0))))
    # Originals are numbered in their forum, answers in their thread.
    parent_of = np.array([0, *(parent or 0 for parent in c.resources.parents)], np.int64)
    within = np.where(is_root, -1 - parent_of[place[rows]], parents)
    known = np.where(times == NONE, np.iinfo(np.int64).max, times)[rows]
    children = np.where(is_root | (parents > 0), ranks(within, known), NONE)
    part = frame.take(rows)
    c.write(
        Posts(
            frame.name,
            users[rows],
            np.where(is_root, QUESTION, ANSWER),
            times[rows],
            place[rows],
            joined("post", ids[rows]),
            part.texts("post_text"),
            parents,
            children,
            _states(part),
            c.agents.of(part.texts("user_agent")),
        )
    )
    c.ids["post"] = Lookup(ids[rows], made[rows])
    c.replies = parents[parents > 0]


def _roots(threads: Array, original: Array, times: Array) -> Array:
    """The row of the root of each row's thread: the original, else the earliest; of several the earliest, then the first."""
    if not len(threads):
        return np.zeros(0, np.int64)
    time = np.where(times == NONE, np.iinfo(np.int64).max, times)
    order = np.lexsort((np.arange(len(threads)), time, ~original, threads))
    fresh = np.ones(len(order), bool)
    fresh[1:] = threads[order][1:] != threads[order][:-1]
    root = np.empty(len(order), np.int64)
    root[order] = order[fresh][np.cumsum(fresh) - 1]
    return root


def write_comments(c: Collaborations) -> None:
    """Comments, numbered behind the answers to the same post."""
    frame = c.reader.frame("forum_comments")
    ids, posts, times = frame.numbers("id"), frame.numbers("post_id"), frame.times("post_time")
    place = c.places["post"].of(posts)
    c.places["comment"] = Lookup(ids, place)
    users = c.people.of("forum", frame.raw("user"))
    rows = attend(c.reader, frame, users, ids, (Drop.NO_ITEM, place > 0))
    parents = c.ids["post"].of(posts[rows])
    c.reader.ledger.note(frame.name, Note.NO_PARENT, int(np.sum(parents == 0)))
    known = np.where(times == NONE, np.iinfo(np.int64).max, times)[rows]
    before = np.bincount(c.replies, minlength=int(parents.max(initial=0)) + 1)
    children = np.where(parents > 0, ranks(parents, known) + before[parents], NONE)
    part = frame.take(rows)
    first = c.next()
    c.write(
        Posts(
            frame.name,
            users[rows],
            np.full(len(rows), COMMENT),
            times[rows],
            place[rows],
            joined("comment", ids[rows]),
            part.texts("comment_text"),
            parents,
            children,
            _states(part),
            c.agents.of(part.texts("user_agent")),
        )
    )
    c.ids["comment"] = Lookup(ids[rows], np.arange(first, first + len(rows)))


def write_votes(c: Collaborations) -> None:
    """Votes for posts and comments."""
    frame = c.reader.frame("forum_reputation_record")
    items, times, direction = frame.numbers("pc_id"), frame.times("timestamp"), frame.numbers("direction")
    on_comment = pc.equal(frame.texts("type"), "comment").fill_null(False).to_numpy(zero_copy_only=False)
    place = np.where(on_comment, c.places["comment"].of(items), c.places["post"].of(items))
    users = c.people.of("forum", frame.raw("user"))
    rows = attend(c.reader, frame, users)
    rows = rows[np.lexsort((users[rows], items[rows], on_comment[rows], times[rows]))]  # no row has a number of its own
    c.reader.ledger.drop(frame.name, Drop.NO_ITEM, np.full(int(np.sum(place[rows] == 0)), -1))
    rows = rows[place[rows] > 0]
    parents = np.where(on_comment[rows], c.ids["comment"].of(items[rows]), c.ids["post"].of(items[rows]))
    c.reader.ledger.note(frame.name, Note.NO_PARENT, int(np.sum(parents == 0)))
    kind = pc.if_else(pa.array(on_comment[rows]), "vote:comment", "vote:post")
    number = pa.array(items[rows]).cast(pa.string())
    rank = pa.array(ranks(on_comment[rows].astype(np.int64), items[rows], np.arange(len(rows)))).cast(pa.string())
    content = optional(direction[rows]).cast(pa.string())
    none = np.full(len(rows), NONE)
    keys = pc.binary_join_element_wise(kind, number, rank, ":")
    c.write(Posts(frame.name, users[rows], np.full(len(rows), VOTE), times[rows], place[rows], keys, content, parents, none))


def write_wiki_edits(c: Collaborations) -> None:
    """Edits of pages."""
    frame = c.reader.frame("wiki_revisions")
    ids, times = frame.numbers("id"), frame.times("timestamp")
    place = c.resources.of("wiki").of(frame.numbers("page_id"))
    users = c.people.of("session", frame.raw("session"))
    rows = attend(c.reader, frame, users, ids, (Drop.NO_ITEM, place > 0))
    content = frame.take(rows).texts("comments")
    content = pc.if_else(pc.equal(content, ""), None, content)
    zero, none = np.zeros(len(rows), np.int64), np.full(len(rows), NONE)
    keys = joined("revision", ids[rows])
    c.write(Posts(frame.name, users[rows], np.full(len(rows), WIKI_EDIT), times[rows], place[rows], keys, content, zero, none))


def write_announcements(c: Collaborations, frame: Frame) -> None:
    """Messages of announcements."""
    ids = frame.numbers("id")
    users = c.people.of("session", frame.raw("session"))
    rows = attend(c.reader, frame, users, ids)
    place = c.resources.of("announcement").of(ids[rows])
    zero, none = np.zeros(len(rows), np.int64), np.full(len(rows), NONE)
    part = frame.take(rows)
    keys, kind = joined("announcement", ids[rows]), np.full(len(rows), OTHER)
    c.write(Posts(frame.name, users[rows], kind, part.times("open_time"), place, keys, part.texts("message"), zero, none, _states(part)))


def read_announcements(reader: Reader, resources: Resources) -> Frame:
    """Announcements as resources."""
    frame = reader.frame("announcements")
    rows = (frame.numbers("id").tolist(), frame.texts("title").to_pylist(), frame.times("open_time").tolist(), frame.flags("deleted").tolist())
    for number, title, opened, gone in zip(*rows, strict=True):
        resources.add("announcement", number, title, release=opened, state="deleted" if gone else None)
    return frame


# ---------------------------------------------------------------- reading


def write_reads(reader: Reader, people: People, resources: Resources, events: Events) -> None:
    """forum_visit and forum_post_read. Of each user, forum and thread the export knows the last time only."""
    entries: list[tuple[int, int, int, int]] = []  # user, forum, thread, time
    for batch in reader.batches(READS):
        _read_batch(reader, people, texts(batch["key"]), batch["value"], entries)
    user, forum, thread, time = (
        (np.array(column, np.int64) for column in zip(*sorted(entries), strict=True)) if entries else (np.zeros(0, np.int64),) * 4
    )
    whole = thread == _WHOLE
    threads, forums = resources.of("thread"), resources.of("forum")
    place = np.where(whole, forums.of(forum), threads.of(thread))
    lost = place == 0
    reader.ledger.note(READS, Note.NO_ITEM_ENTRY, int(np.sum(lost & ~whole)))
    reader.ledger.note(READS, Note.NO_RESOURCE, int(np.sum(lost & whole)))
    kept = ~lost | whole
    user, forum, thread, time, whole, place = (column[kept] for column in (user, forum, thread, time, whole, place))
    about = pa.array(np.where(whole, 0, thread)).cast(pa.string())
    about = pc.if_else(pa.array(whole), "all", about)
    keys = pc.binary_join_element_wise("read", pa.array(forum).cast(pa.string()), about, ":")
    for name, rows in (("forum_post_read", np.flatnonzero(~whole)), ("forum_visit", np.flatnonzero(whole))):
        events.add(READS, name, user[rows], time[rows], place[rows], keys.take(pa.array(rows)))


def _read_batch(reader: Reader, people: People, keys: pa.Array, values: pa.Array, entries: list[tuple[int, int, int, int]]) -> None:
    ledger = reader.ledger
    named = pc.extract_regex(keys, _RECORD)
    forums, ids = (numbers(pc.struct_field(named, name)) for name in ("forum", "user"))
    users = people.by_platform_id(ids)
    bad = (forums == NONE) | (ids == NONE)
    ledger.drop(READS, Drop.BAD_KEY, np.full(int(np.sum(bad)), -1))
    ledger.drop(READS, Drop.NO_USER, np.full(int(np.sum(~bad & (users == UNKNOWN))), -1))
    ledger.skip(READS, Skip.SAMPLE, int(np.sum(~bad & (users == UNSAMPLED))))
    broken = nothing = timeless = 0
    for user, forum, value in zip(users.tolist(), forums.tolist(), values.to_pylist(), strict=True):
        if user <= 0 or forum == NONE:
            continue
        content = _array(value)
        if content is None:
            broken += 1
            continue
        nothing += not content
        for name, time in content.items():
            thread = _WHOLE if name == b"_all" else name if isinstance(name, int) and not isinstance(name, bool) else None
            if thread is None or not isinstance(time, int) or isinstance(time, bool) or real_time(time) == NONE:
                timeless += 1
            else:
                entries.append((user, forum, thread, time))
    ledger.drop(READS, Drop.BAD_VALUE, np.full(broken, -1))
    ledger.skip(READS, Skip.NOTHING, nothing)
    ledger.note(READS, Note.BAD_TIME, timeless)


def _array(value: Any) -> dict[Any, Any] | None:
    """A serialized array."""
    if value is None:
        return None
    try:
        content = php_loads(value.encode() if isinstance(value, str) else value)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def write_log(reader: Reader, people: People, resources: Resources, posts: Collaborations, events: Events) -> None:
    """What the activity log tells: the event type is `module.action`, as logged."""
    frame = reader.frame("activity_log")
    ids, items, times = frame.numbers("id"), frame.numbers("item_id"), frame.times("timestamp")
    users = people.of("forum", frame.raw("user"))
    rows = attend(reader, frame, users, ids, (Drop.NO_TIME, times != NONE))
    part = frame.take(rows)
    module, action = part.texts("module").fill_null(""), part.texts("action").fill_null("")
    names = pc.utf8_slice_codeunits(pc.binary_join_element_wise(module, action, "."), 0, 255)
    coded = names.dictionary_encode()
    place = np.zeros(len(rows), np.int64)
    about = [_about(name) for name in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy()
    for kind in set(filter(None, about)):
        mine = np.flatnonzero(np.array([a == kind for a in about])[codes])
        lookup = posts.places[kind] if kind in posts.places else resources.of(kind)
        place[mine] = lookup.of(items[rows][mine])
    reader.ledger.note(frame.name, Note.NO_RESOURCE, int(np.sum(place == 0)))
    events.add(frame.name, coded, users[rows], times[rows], place, joined("activity", ids[rows]))


def _about(name: str) -> str | None:
    """What the item of an action is, by the words in its name: its last words first."""
    words = name.lower().replace("_", ".").split(".")
    return next((word for word in ("thread", "comment", "post", "wiki", "lecture", "quiz", "assignment") if word in words[1:]), None) or (
        "forum" if "forum" in words[1:] else None
    )

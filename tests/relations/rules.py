"""The named differences between our nine tables and those of the published stage.

Every event and cell of the published tables is in ours, or a rule says why it is not, and the other way round. D, K and T are those of
docs/differences.md.
"""

RULES = {
    # events
    "anonymous": "T7: nobody is named",
    "background": "T6: a request that is no page",
    "studio": "T16: an author's preview",
    "duplicate": "T2: the same line was there before",
    "echo": "T6: the server's copy of a sequence move",
    "rescued": "D28, K1: theirs lost the line",
    "kept_silent": "D29: theirs dropped the event without a word",
    # rows of an event
    "pairing": "D8: answers and marks are joined by part, theirs by position",
    "state_rows": "D7: theirs has rows that only carry a state",
    "extra_copy": "D6: theirs writes the last row once more",
    "dynamath": "D9: the preview of a formula is no answer",
    "part_answers": "D16, D29: answers that theirs did not read",
    # cells
    "pseudonym": "D27: users are keyed pseudonyms",
    "session": "sessions are too",
    "utc": "D38, D39: times are UTC, in one form",
    "country": "D19: the country comes from a database of yours",
    "downtime": "D43: there are no pauses of addresses",
    "course_id": "D36: the course, not the page, the type, or a find in printed text",
    "course_name": "D36: events that name no course belong to one too",
    "clean_page": "addresses are cleaned, and name no persons",
    "clean_path": "request paths are, too",
    "request_page": "a page request has the address it asks for",
    "no_address": "a page that is no address is none",
    "none_text": "a missing value is nothing, not the text None",
    "cleaned": "D15, D37, D42: letters, quotes, backslashes and line ends are kept",
    "printed": "D29: lists are JSON or joined, not printed as Python does",
    "key_form": "ids of parts have no input_, [] or choice",
    "no_input": "fields of a form that are no inputs are no answers",
    "percent": "D16: query strings are decoded",
    "choices": "D16: all choices of a repeated key, as a JSON array",
    "graded_mark": "D10: the mark of a graded page is a mark, not an answer",
    "more_fields": "the published stage does not read this member of the payload",
}

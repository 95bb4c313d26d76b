"""Why a row of an export is not translated, and what was put right in rows that are. The reference is printed from here."""

from __future__ import annotations

from ..ledger import Reason


class Skip(Reason):
    """Why a good row makes no row of its own."""

    SAMPLE = "sample", "The user is not in the sample that `--sample-users` asked for."
    BACKUP = "backup", "An earlier version of a quiz, which the platform kept under a key with `backup`."
    OTHER_KEY = "other_key", "A key-value row of a kind that holds nothing for the tables."
    NOTHING = "nothing", "The row says that nothing happened, for example a record of reading without entries."


class Drop(Reason):
    """Why a row cannot be translated."""

    NO_USER = "no_user", "Its user is not in hash_mapping, so nobody knows who it is."
    NO_ITEM = "no_item", "It is about a lecture, quiz, thread, post, page or part that the export does not hold."
    NO_TIME = "no_time", "No time is known, and the table it belongs to cannot do without one."
    NO_SUBMISSION = "no_submission", "Answers in the key-value table, but no row of quiz_submission_metadata says whose."
    BAD_VALUE = "bad_value", "A serialized value that is cut off, damaged, empty or no array."
    BAD_XML = "bad_xml", "The XML of a quiz cannot be read. Answers to its questions are kept, the questions being unknown."
    BAD_KEY = "bad_key", "A key that does not have the parts that its table gives it."
    BAD_ID = "bad_id", "A row without the number that identifies it."
    BAD_LINE = "bad_line", "A line of the clickstream that is no JSON object with a user, a time and a key."
    DUPLICATE = "duplicate", "A second row for what may have only one."


class Note(Reason):
    """What is missing or was put right in a row that is translated."""

    UNKNOWN_GROUP = "unknown_group", "The access group has a name that is not known, or is in no row of access_groups: the user's type is Other."
    NO_USERS_ROW = "no_users_row", "A person of hash_mapping without a row in users: a student of whom nothing more is known."
    NO_SECTION = "no_section", "The item is filed under a section that does not exist: it has no parent, and keeps its place."
    NO_PARENT = "no_parent", "What it answers, comments on or votes for is not in the tables, because its author is unknown: it has no parent."
    NO_FORUM = "no_forum", "Its forum does not exist: it has no resource above it."
    NO_RESOURCE = "no_resource", "An event about something that has no resource."
    NO_XML = "no_xml", "A quiz without XML: its questions are those that are answered."
    NO_ANSWERS = "no_answers", "An attempt whose answers are missing or cannot be read: one submission to the quiz itself."
    UNKNOWN_QUESTION = "unknown_question", "An answer to a question that the XML of its quiz does not have: the question is added, without a format."
    UNKNOWN_OPTION = "unknown_option", "A choice that the question does not have: no assessment."
    UNKNOWN_SCORE = "unknown_score", "An option without a readable score was chosen, or counts: no assessment."
    NO_QUESTION_ID = "no_question_id", "A question without id: it is named after its position."
    OTHER_TIME = "other_time", "The time of saving is missing: the time in quiz_submission_metadata counts."
    NO_EVENT_TIME = "no_event_time", "A row without time: it is kept, but no observed event can be made of it."
    UNKNOWN_ZONE = "unknown_zone", "A time zone that is not known: no offset."
    BAD_ADDRESS = "bad_address", "A client address that is none."
    BAD_TIME = "bad_time", "An entry of the row without a usable time."
    BAD_TEXT = "bad_text", "Bytes that are no text became U+FFFD."
    NO_ITEM_ENTRY = "no_item_entry", "An entry about a thread that the export does not hold."

"""The XML of quizzes: what is read of it, and that nothing in it does harm."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moocdb_fast.coursera.quiz_xml import Question, QuizError, read_quiz

_RADIO = "<metadata><parameters><choice_type>radio</choice_type></parameters></metadata>"
_OPTIONS = ("<option id='a' selected_score='1'/>", "<option id='a' selected_score='' unselected_score='x'/>")
_TAGS = ("<quiz>", "</quiz>", "<question id='q'>", "<question>", "</question>", "<data>", "</data>")
_ODD = (
    "<![CDATA[",
    "]]>",
    "&",
    "&amp;",
    "&#0;",
    "&#xD800;",
    "&nbsp;",
    "\x0b",
    "\ud7ff",
    "<?xml version='1.0'?>",
    "<!-- -- -->",
    "<!DOCTYPE a>",
    "x",
    "<",
)
PIECES = st.sampled_from([_RADIO, *_OPTIONS, *_TAGS, *_ODD])


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_read_or_refused(text):
    with suppress(QuizError):
        assert all(isinstance(question, Question) for question in read_quiz(text))


@pytest.mark.parametrize(
    "text",
    ["<![CDATA[" * 500_000, "<a>" * 200_000 + "</a>" * 200_000, "&" * 2_000_000, "&#x" + "0" * 2_000_000, "<question>" * 100_000, "x" * (33 << 20)],
    ids=["sections", "nested", "bare", "zeros", "open", "long"],
)
def test_large_inputs_end(text):
    """Quadratic work would take hours."""
    with suppress(QuizError):
        read_quiz(text)


@pytest.mark.parametrize("text", ["<!DOCTYPE q [<!ENTITY a 'b'>]><q>&a;</q>", "<!DOCTYPE q SYSTEM 'file:///etc/passwd'><q/>"])
def test_entities_are_not_declared(text):
    with pytest.raises(QuizError, match="declares entities"):
        read_quiz(text)


def test_what_is_worth_what():
    first = "<option_group><option id='a' selected_score='1' unselected_score='0'/><option id='b' selected_score='-1'/></option_group>"
    second = "<option_group><option id='c' selected_score='0' unselected_score='0.5'/></option_group>"
    data = f"{_RADIO.replace('radio', ' Checkbox ')}<data><option_groups>{first}{second}</option_groups></data>"
    (question,) = read_quiz(f"<quiz><question_group><question id=' q '>{data}</question></question_group></quiz>")
    assert (question.id, question.format, question.most) == ("q", "question_mc_multiple", 1.5)
    assert question.options == {"a": (1.0, 0.0), "b": (-1.0, 0.0), "c": (0.0, 0.5)}


@pytest.mark.parametrize("score", ["", "x", "nan", "inf", None])
def test_a_score_that_is_none_is_unknown(score):
    given_score = "" if score is None else f" selected_score='{score}'"
    (question,) = read_quiz(f"<quiz><question id='q'>{_RADIO}<data><option id='a'{given_score}/></data></question></quiz>")
    assert question.options == {"a": (None, 0.0)} and question.most is None

"""Made-up courses: chapters, sequentials, verticals, and in each vertical a video and one or two problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from urllib.parse import quote

from .dice import Dice

Era = Literal["legacy", "modern"]

SITE = "courses.example.org"
LEARNING = "learning.example.org"  # the separate front end that newer courses are read in
STUDIO = "studio.example.org"

_SUBJECTS = ("Circuits", "Statistics", "Poetry", "Genetics", "Algebra", "Ethics", "Optics", "Databases", "Música", "Géologie", "Heat", "Writing")
_WORDS = ("Intro", "Basics", "Practice", "Review", "Examples", "Theory", "Methods", "Lab", "Homework", "Quiz", "Extras", "Limits", "Bounds", "Proofs")
_VERTICALS_PER_SEQUENTIAL = 4
_SEQUENTIALS_PER_CHAPTER = 3
_VIDEOS_AND_PROBLEMS_PER_VERTICAL = 2.5


@dataclass(frozen=True, slots=True)
class Input:
    """One answer box of a problem."""

    key: str  # the html id behind `input_`
    response: str
    widget: str
    right: str | list[str]
    wrong: tuple[str | list[str], ...]
    question: str


@dataclass(frozen=True, slots=True)
class Module:
    """Anything with an id. `html` is the id as pages write it."""

    key: str
    html: str
    title: str


@dataclass(frozen=True, slots=True)
class Video(Module):
    """A video."""

    code: str
    length: int


@dataclass(frozen=True, slots=True)
class Problem(Module):
    """A problem with its answer boxes and what the page shows after grading."""

    inputs: tuple[Input, ...]
    graded_html: str


@dataclass(frozen=True, slots=True)
class Vertical:
    """What one tab of a sequential shows; `panel` counts from 1."""

    module: Module
    sequential: Module
    panel: int
    tabs: int
    page: str
    frame: str
    video: Video
    problems: tuple[Problem, ...]


@dataclass
class Course:
    """A course of one era; `verticals` are in reading order."""

    id: str
    org: str
    number: str
    run: str
    era: Era
    verticals: list[Vertical] = field(default_factory=list)
    threads: list[tuple[str, str]] = field(default_factory=list)  # topic and thread id; grows as learners post

    @cached_property
    def root(self) -> str:
        """The path all pages of the course begin with."""
        return f"/courses/{self.id}"

    def module(self, category: str, name: str, title: str) -> Module:
        """The ids of a module of this course."""
        if self.era == "legacy":
            key = f"i4x://{self.org}/{self.number}/{category}/{name}"
            return Module(key, f"i4x-{self.org}-{self.number.replace('.', '_')}-{category}-{name}", title)
        return Module(f"block-v1:{self.org}+{self.number}+{self.run}+type@{category}+block@{name}", name, title)

    def request(self, module: Module, action: str) -> str:
        """The path of a request on a module."""
        if self.era == "legacy":
            return f"{self.root}/modx/{module.key}/{action}"
        return f"{self.root}/xblock/{module.key}/handler/xmodule_handler/{action}"


def build(era: Era, courses: int, resources: int, seed: int) -> list[Course]:
    """That many courses with together about `resources` videos and problems."""
    verticals = max(1, round(resources / courses / _VIDEOS_AND_PROBLEMS_PER_VERTICAL))
    return [_course(era, number, verticals, Dice(seed, era, "course", number)) for number in range(courses)]


def _course(era: Era, index: int, verticals: int, dice: Dice) -> Course:
    org = f"Example{'XYZ'[index % 3]}"
    if era == "legacy":
        number, run = f"SYN{101 + index}.{index % 4}x", ("2012_Fall", "2013_Spring")[index % 2]
        course = Course(f"{org}/{number}/{run}", org, number, run, era)
    else:
        number, run = f"SYN{101 + index}", f"{1 + index % 3}T2024"
        course = Course(f"course-v1:{org}+{number}+{run}", org, number, run, era)
    framed = era == "modern" and index % 2 == 1  # read in the learning front end
    for first in range(0, verticals, _VERTICALS_PER_SEQUENTIAL):
        tabs = min(_VERTICALS_PER_SEQUENTIAL, verticals - first)
        course.verticals += _sequential(course, first // _VERTICALS_PER_SEQUENTIAL, tabs, framed, dice)
    course.threads = [(_topic(course, dice), dice.hex(24)) for _ in range(40)]
    return course


def _sequential(course: Course, index: int, tabs: int, framed: bool, dice: Dice) -> list[Vertical]:
    week = index // _SEQUENTIALS_PER_CHAPTER + 1
    title = f"{dice.pick(_SUBJECTS)} {dice.pick(_WORDS)}"
    if course.era == "legacy":
        chapter, name = f"Week_{week}", f"S{index + 1}_{title.encode('ascii', 'ignore').decode().replace(' ', '_')}"
    else:
        chapter, name = dice.hex(32), dice.hex(32)
    sequential = course.module("sequential", name, title)
    result = []
    for panel in range(1, tabs + 1):
        vertical = course.module("vertical", f"S{index + 1}_U{panel}" if course.era == "legacy" else dice.hex(32), f"{title} {panel}")
        page = f"https://{SITE}{course.root}/courseware/{chapter}/{name}/"
        frame = page
        if framed:
            page = f"https://{LEARNING}/course/{course.id}/{sequential.key}/{vertical.key}"
            frame = f"https://{SITE}/xblock/{vertical.key}?recheck_access=1&show_bookmark=0&show_title=0&view=student_view"
        elif course.era == "modern":
            page += f"{panel}?activate_block_id={quote(vertical.key, safe='')}" if index % 3 == 0 else f"{panel}"
            frame = page
        video, problems = _contents(course, index, panel, dice)
        result.append(Vertical(vertical, sequential, panel, tabs, page, frame, video, problems))
    return result


def _contents(course: Course, index: int, panel: int, dice: Dice) -> tuple[Video, tuple[Problem, ...]]:
    legacy = course.era == "legacy"
    subject = dice.pick(_SUBJECTS)
    ids = course.module("video", f"S{index + 1}V{panel}_{dice.hex(4)}" if legacy else dice.hex(32), f"{subject}: {dice.pick(_WORDS)}")
    code = "".join(dice.pick("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789-_") for _ in range(11))
    video = Video(ids.key, ids.html, ids.title, code, dice.between(60, 900))
    problems = []
    for n in range(1 + (panel + index) % 2):
        module = course.module("problem", f"H{index + 1}P{panel}{'ab'[n]}" if legacy else dice.hex(32), f"{subject} {dice.pick(_WORDS)} {n + 1}")
        inputs = tuple(_input(module.html, part, dice) for part in range(2, 3 + dice.below(3)))
        problems.append(Problem(module.key, module.html, module.title, inputs, _graded(module, inputs)))
    return video, tuple(problems)


def _input(html: str, part: int, dice: Dice) -> Input:
    key = f"{html}_{part}_1"
    question = f"Synthetic question {part - 1}: which of these statements about {dice.pick(_SUBJECTS).lower()} is true?"
    match dice.below(4):
        case 0 | 1:
            right = f"choice_{dice.below(5)}"
            wrong = tuple(f"choice_{n}" for n in range(5) if f"choice_{n}" != right)
            return Input(key, "multiplechoiceresponse", "choicegroup", right, wrong, question)
        case 2:
            return Input(key, "choiceresponse", "checkboxgroup", ["choice_0", "choice_2"], (["choice_0"], ["choice_1", "choice_2"]), question)
        case _:
            value = dice.between(1, 9_999) / 100
            wrong_numbers = (str(value + 1), str(round(value * 10, 2)), "1/0", "2*x^2 + é")
            return Input(key, "numericalresponse", "textline", str(value), wrong_numbers, question)


def _graded(module: Module, inputs: tuple[Input, ...]) -> str:
    """The page after grading; `problem_graded` carries it whole. `{status}` is left open for each input."""
    rows = "".join(
        f'\n  <div class="wrapper-problem-response" tabindex="-1">\n    <p>{i.question}</p>\n    <span class="status {{status}}" '
        f'id="status_{i.key}"></span>\n    <p id="answer_{i.key}" class="answer"></p>\n  </div>'
        for i in inputs
    )
    return f'\n<h2 class="problem-header">\n  {module.title}\n</h2>\n<div class="problem">{rows}\n</div>\n'


def _topic(course: Course, dice: Dice) -> str:
    return f"i4x-{course.org}-{course.number.replace('.', '_')}-course-{course.run}" if dice.chance(0.2) else dice.hex(32)

"""Synthetic exports of Coursera session courses: no row of them comes from a real person or course."""

from .awkward import CASES, awkward
from .course import Course
from .structure import PARTS
from .writing import Layout, literal, write_part

__all__ = ["CASES", "PARTS", "Course", "Layout", "awkward", "literal", "write_part"]

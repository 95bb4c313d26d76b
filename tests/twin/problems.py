"""The tree of problems and their numbered parts (rules.md, section 12)."""

from __future__ import annotations

from dataclasses import dataclass

from .modules import Module


@dataclass
class Problem:
    """A problem, or a part of one."""

    id: int
    name: str
    key: str
    parent: int | None
    number: int | None
    module: Module
    format: str | None = None


class Problems:
    """Problems as rows introduce them."""

    def __init__(self) -> None:
        self.all: list[Problem] = []
        self._known: dict[tuple[Module, str], Problem] = {}

    def introduce(self, module: Module, numbers: str = "") -> Problem:
        """The problem of a part (`2_1`), or of a module (no numbers); what lies above it comes first."""
        identity = module, numbers
        if identity not in self._known:
            parent = None
            if numbers:
                above = numbers.rpartition("_")[0]
                parent = self.introduce(module, above).id
            self._known[identity] = Problem(
                id=len(self.all) + 1,
                name=problem_name(module, numbers),
                key=f"{module.id}_{numbers}" if numbers else module.id,
                parent=parent,
                number=int(numbers.rpartition("_")[2]) if numbers else None,
                module=module,
            )
            self.all.append(self._known[identity])
        return self._known[identity]


def problem_name(module: Module, numbers: str) -> str:
    """The id as a path, part numbers behind it."""
    top = f"{module.id}/" if module.id.startswith("i4x://") else module.path
    return top + "".join(f"{n}/" for n in numbers.split("_") if n)

"""The lessons of the course, in the order in which they are met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ppkit.keys import refuse_keys
from ppkit.mode import Mode
from ppkit.onboarding.check_versions import version_of
from ppkit.onboarding.key_rotation import Stage
from ppkit.onboarding.lessons.drills import DRILLS, ENOUGH
from ppkit.onboarding.lessons.exercises import EXERCISES
from ppkit.onboarding.steps import CHECKS

TRAINER_FILES: Mapping[str, str] = {"it": "07_per_chi_insegna.ipynb", "en": "07_for_trainers.ipynb"}
MAP_FILES: Mapping[str, str] = {"it": "00_il_corso.ipynb", "en": "00_the_course.ipynb"}


@dataclass(frozen=True, slots=True)
class Lesson:
    """One notebook, in each language; the texts are "course.lesson.<name>.title" and ".about".

    It is finished when its checks were shown once, in its own mode: what was rehearsed never counts as done
    for real. All of them are needed, but of those in `choice` any `enough`. `minutes` is how long that takes
    as a rule. `shows_code`: its cells are there to be run and changed by whoever reads it.
    """

    name: str
    minutes: int
    files: Mapping[str, str]
    checks: tuple[str, ...]
    choice: frozenset[str] = frozenset()
    enough: int = 0
    mode: Mode = "practice"
    shows_code: bool = False

    @property
    def count(self) -> int:
        """How many checks finish the lesson."""
        return len(self.checks) - len(self.choice) + self.enough

    @property
    def version(self) -> int:
        """Rises whenever one of its checks comes to mean something else."""
        return max(map(version_of, self.checks))


def _steps_until_linked() -> tuple[str, ...]:
    """The wizard's own checks; the first use of the link belongs to the next lesson."""
    return tuple(check.name for check in CHECKS if not check.optional and check.mode is None)


def _steps_for_real() -> tuple[str, ...]:
    """Every step live, with what costs money when it is forgotten; and a limit here beside the platform's."""
    asked = (check.name for check in CHECKS if check.mode != "practice")
    return (*(name for name in asked if name != "account.separate_from_chatgpt"), "costs.limit_set")


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        "connect",
        12,
        {"it": "01_collega_la_chiave.ipynb", "en": "01_connect_the_key.ipynb"},
        _steps_until_linked(),
    ),
    Lesson(
        "create",
        5,
        {"it": "02_scrivi_e_disegna.ipynb", "en": "02_write_and_draw.ipynb"},
        ("link.used", "create.image"),
    ),
    Lesson(
        "costs",
        6,
        {"it": "03_quanto_costa.ipynb", "en": "03_what_it_costs.ipynb"},
        ("costs.limit_set", "costs.stopped", "costs.went_on"),
    ),
    Lesson(
        "mend",
        20,
        {"it": "04_quando_qualcosa_non_va.ipynb", "en": "04_when_something_goes_wrong.ipynb"},
        (EXERCISES["cards"].name, *(drill.check for drill in DRILLS), *(stage.check for stage in Stage)),
        choice=frozenset(drill.check for drill in DRILLS),
        enough=ENOUGH,
    ),
    Lesson(
        "real",
        15,
        {"it": "05_ora_sul_serio.ipynb", "en": "05_now_for_real.ipynb"},
        _steps_for_real(),
        mode="live",
    ),
    Lesson(
        "python",
        10,
        {"it": "06_per_chi_usa_python.ipynb", "en": "06_for_python_people.ipynb"},
        ("python.called", "python.table", "python.stopped"),
        shows_code=True,
    ),
)

_BY_NAME = {lesson.name: lesson for lesson in LESSONS}


def lesson_named(name: str) -> Lesson:
    """Raises LookupError for a lesson that does not exist, KeyInText for a secret, which that would quote."""
    refuse_keys("lesson", name)
    return _BY_NAME[name]

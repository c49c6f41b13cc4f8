"""The course: its lessons, what each of them asks for, and a map that follows from the facts alone."""

from ppkit.onboarding.lessons.course import NOTHING_KNOWN, Course, CourseMap, ExerciseView, LessonView, map_of
from ppkit.onboarding.lessons.drills import (
    DRILLS,
    ENOUGH,
    Drill,
    DrillAccess,
    DrillRun,
    DrillStage,
    DrillTakenOver,
    Mending,
    drill_named,
    next_drill,
)
from ppkit.onboarding.lessons.exercise import Exercise, ExerciseAttempt
from ppkit.onboarding.lessons.exercises import exercise_named
from ppkit.onboarding.lessons.lesson import LESSONS, MAP_FILES, TRAINER_FILES, Lesson, lesson_named

__all__ = [
    "DRILLS",
    "ENOUGH",
    "LESSONS",
    "MAP_FILES",
    "NOTHING_KNOWN",
    "TRAINER_FILES",
    "Course",
    "CourseMap",
    "Drill",
    "DrillAccess",
    "DrillRun",
    "DrillStage",
    "DrillTakenOver",
    "Exercise",
    "ExerciseAttempt",
    "ExerciseView",
    "Lesson",
    "LessonView",
    "Mending",
    "drill_named",
    "exercise_named",
    "lesson_named",
    "map_of",
    "next_drill",
]

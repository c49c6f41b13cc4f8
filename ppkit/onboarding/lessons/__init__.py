"""The course: its lessons, what each of them asks for, and a map that follows from the facts alone."""

from ppkit.onboarding.lessons.course import Course, CourseMap, ExerciseView, LessonView, map_of
from ppkit.onboarding.lessons.lesson import LESSONS, MAP_FILES, TRAINER_FILES, Lesson, lesson_named

__all__ = [
    "LESSONS",
    "MAP_FILES",
    "TRAINER_FILES",
    "Course",
    "CourseMap",
    "ExerciseView",
    "Lesson",
    "LessonView",
    "lesson_named",
    "map_of",
]

"""Many learners."""

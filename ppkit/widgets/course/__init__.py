"""The map, lessons, exercises, drills, and what is taken away at the end."""

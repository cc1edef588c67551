"""Drill room: would we have noticed?

- `sample`: a data set as the red team meets it, and back
"""

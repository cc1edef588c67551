"""Statistics: surprise of a group, correlation of errors, the floor of label noise."""

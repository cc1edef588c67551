"""The probes: from a data set to a view, with heads that leave any group of rows out exactly."""

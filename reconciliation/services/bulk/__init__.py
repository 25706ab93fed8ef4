"""Bulk runs: one action for all that a filter selects, durable, stoppable, told row by row."""

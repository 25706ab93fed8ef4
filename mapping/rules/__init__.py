"""Kinds of rule: pure, one file for each. The first row whose conditions hold wins."""

"""Pages of the rule sets."""

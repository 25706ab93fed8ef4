"""The embedded server's engine, with which a test's tables are emptied sooner."""

"""The memory of the system and who may do what."""

"""Random faults for a whole run, drawn from a seed: which call of which kind fails, and how."""

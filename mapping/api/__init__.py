"""Rule sets for other software: read, taken away, brought in, and taken through their life."""

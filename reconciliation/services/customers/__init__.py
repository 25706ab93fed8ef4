"""Customers as the books meet them: read, looked up, and what a link or a merge would touch."""

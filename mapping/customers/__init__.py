"""Whether two records of customers are the same customer. Pure: no rows, no Django."""

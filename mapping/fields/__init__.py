"""Field maps: what stands in a field of the ERP's documents, made of a payment's fields. Pure."""

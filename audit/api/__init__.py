"""Who calls the API and what they may: keys, duties, rates, and calls that happen once."""

"""The world around the hub: payers, a bank, a relay and their calendar, all made from a seed."""

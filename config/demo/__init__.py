"""The demo: real invoices, simulated payers, vendors and bank, and the hub as it runs anywhere."""

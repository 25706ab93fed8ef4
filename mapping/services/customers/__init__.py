"""Customers of gateway, ERP and CRM: kept, looked up, linked, merged."""

from tests.hub import gateway_database, hub, sage_copy, sage_template

__all__ = ["gateway_database", "hub", "sage_copy", "sage_template"]

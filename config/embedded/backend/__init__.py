"""Django database engine `config.embedded.backend`: PostgreSQL that is started on first use."""

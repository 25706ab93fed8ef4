"""The edge's pages: connections and their health, statement files."""

"""What a database holds, as its readers see it."""

import re

from moocdb_fast.schema import TABLES

REFERENCES = {(t.name, c.name, c.references) for t in TABLES.values() for c in t.columns if c.references}


class Course:
    """What readers of a database see."""

    def __init__(self, server, database):
        self._server, self._database = server, database

    def tables(self):
        """All tables that are there."""
        return {row[0] for row in self._server.rows(f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{self._database}'")}

    def content(self):
        """A checksum of each table of the course: equal contents have equal ones."""
        names = sorted(self.tables() & set(TABLES))
        if not names:
            return {}
        found = self._server.rows("CHECKSUM TABLE " + ", ".join(f"`{self._database}`.`{name}`" for name in names))
        return {re.sub(r".*\.", "", name): checksum for name, checksum in found}

    def references(self):
        """(table, column, table referred to) of each foreign key."""
        return set(
            self._server.rows(
                "SELECT table_name, column_name, referenced_table_name FROM information_schema.key_column_usage "
                f"WHERE table_schema = '{self._database}' AND referenced_table_name IS NOT NULL"
            )
        )

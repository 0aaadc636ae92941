"""Defects of Database-api's tables, whatever rows they hold."""

from __future__ import annotations

from sandbox.faults.database_api import DISCOVERED, NONE, claims, defect, made_of, statements
from sandbox.faults.fault import INCONCLUSIVE, StoreChange
from sandbox.systems.database_api.tables import READER

_CLUSTERED = "ALTER TABLE documents SET WITHOUT CLUSTER"
_OWNER = "FOREIGN KEY (owner_id) REFERENCES users (id)"


def _schema(*datasets: str) -> dict[str, str]:
    return made_of("schema", *datasets)


def _altered(table: str, plant: str, *, heal: str) -> StoreChange:
    return statements(f"ALTER TABLE {table} {plant}", heal=(f"ALTER TABLE {table} {heal}",))


def _valid(index: str, *, is_valid: bool) -> str:
    return f"UPDATE pg_index SET indisvalid = {is_valid} WHERE indexrelid = '{index}'::regclass"  # noqa: S608


_TABLES = claims("count", "records", "schema", of=DISCOVERED)
# Whether a policy hides rows cannot be seen from what it shows, so nobody who is under one is asked for rows.
_UNASKED = dict.fromkeys(
    claims("count", "keys", "records", of="dataset/users")
    | claims("count", "records", of=DISCOVERED)
    | made_of("sequences", "users"),
    INCONCLUSIVE,
)
_INDEXES = made_of("indexes", "documents")

FAULTS = (
    defect("user-sequence-behind", "the next user gets a number that is taken",
           statements("SELECT setval('users_id_seq', 7)", heal=("SELECT setval('users_id_seq', 40)",)),
           made_of("sequences", "users")),
    defect("document-sequence-restarted", "the rows were loaded and their sequence was not",
           statements("SELECT setval('documents_id_seq', 1, false)", heal=("SELECT setval('documents_id_seq', 160)",)),
           made_of("sequences", "documents")),
    defect("constraint-not-valid", "a constraint was never proven on the rows that were there",
           statements("ALTER TABLE documents DROP CONSTRAINT documents_size",
                      "ALTER TABLE documents ADD CONSTRAINT documents_size CHECK (size_bytes >= 0) NOT VALID",
                      heal=("ALTER TABLE documents VALIDATE CONSTRAINT documents_size",)), _schema("documents")),
    defect("constraint-switched-off", "a load switched triggers off and not on again, so no owner is looked up",
           _altered("documents", "DISABLE TRIGGER ALL", heal="ENABLE TRIGGER ALL"), _schema("documents")),
    defect("constraint-lost", "a document may belong to nobody",
           _altered("documents", "DROP CONSTRAINT documents_owner", heal=f"ADD CONSTRAINT documents_owner {_OWNER}"),
           _schema("documents")),
    defect("unique-lost", "two users may have one e-mail address",
           _altered("users", "DROP CONSTRAINT users_email_key", heal="ADD CONSTRAINT users_email_key UNIQUE (email)"),
           _schema("users") | made_of("indexes", "users")),
    defect("index-lost", "an index is missing",
           statements("DROP INDEX documents_created_at",
                      heal=("CREATE INDEX documents_created_at ON documents (created_at)",)), _INDEXES),
    defect("index-forbids", "an index forbids two documents of one object, which the baseline takes",
           statements("CREATE UNIQUE INDEX documents_once ON documents (object_key)", heal=("DROP INDEX documents_once",)),
           _INDEXES),
    defect("index-invalid", "an index was built concurrently and failed",
           statements(_valid("documents_owner_id", is_valid=False), heal=(_valid("documents_owner_id", is_valid=True),)),
           _INDEXES),
    defect("index-direction", "an index sorts the other way round",
           statements("DROP INDEX documents_owner_id", "CREATE INDEX documents_owner_id ON documents (owner_id, id)",
                      heal=("DROP INDEX documents_owner_id",
                            "CREATE INDEX documents_owner_id ON documents (owner_id, id DESC)")), _INDEXES),
    defect("extension-lost", "an extension is not installed",
           statements("DROP EXTENSION plpgsql", heal=("CREATE EXTENSION plpgsql",)),
           _schema("documents", "events", "users")),
    defect("row-security-on", "row-level security was switched on, with a policy that shows all",
           statements("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "CREATE POLICY everybody ON users USING (true)",
                      heal=("DROP POLICY everybody ON users", "ALTER TABLE users DISABLE ROW LEVEL SECURITY")),
           _schema("users") | _UNASKED),
    defect("column-widened", "a column takes longer texts",
           _altered("users", "ALTER email TYPE varchar(200)", heal="ALTER email TYPE varchar(120)"), _schema("users")),
    defect("column-nullable", "a column may be null",
           _altered("documents", "ALTER title DROP NOT NULL", heal="ALTER title SET NOT NULL"), _schema("documents")),
    defect("default-lost", "a column has no default any more",
           _altered("users", "ALTER created_at DROP DEFAULT", heal="ALTER created_at SET DEFAULT now()"),
           _schema("users")),
    defect("table-unlogged", "a table is emptied by the next crash",
           _altered("document_events", "SET UNLOGGED", heal="SET LOGGED"), _schema("events")),
    defect("table-extra", "there is a table that the baseline does not have",
           statements("CREATE TABLE upload_queue (id bigint PRIMARY KEY)", f"GRANT SELECT ON upload_queue TO {READER}",
                      heal=("DROP TABLE upload_queue",)), _TABLES),
    defect("table-lost", "a table was restored into another schema",
           statements("CREATE SCHEMA restored", "ALTER TABLE saved_searches SET SCHEMA restored",
                      heal=("ALTER TABLE restored.saved_searches SET SCHEMA public", "DROP SCHEMA restored")), _TABLES),
    # Of this one no dataset is declared, and it holds nothing yet.
    defect("empty-column-lost", "a table without a row lost a column", _altered("saved_searches", "DROP words",
           heal="ADD words text NOT NULL"), _TABLES),
    defect("empty-column-nullable", "a column of a table without a row may be null",
           _altered("saved_searches", "ALTER words DROP NOT NULL", heal="ALTER words SET NOT NULL"), _schema()),
    defect("empty-unnumbered", "a table without a row gives its records no numbers any more",
           statements("ALTER TABLE saved_searches ALTER id DROP IDENTITY",
                      heal=("ALTER TABLE saved_searches ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
                            f"GRANT SELECT ON SEQUENCE saved_searches_id_seq TO {READER}")),
           _schema() | made_of("sequences")),
    # This is no difference.
    defect("rows-clustered", "rows lie on the disk in the order of another index",
           statements("CLUSTER documents USING documents_created_at", _CLUSTERED,
                      heal=("CLUSTER documents USING documents_pkey", _CLUSTERED)), NONE),
)  # fmt: skip

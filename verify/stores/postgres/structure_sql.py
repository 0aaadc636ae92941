"""The catalogue's questions behind a table's structure; names inside definitions go without the store's schema."""

from __future__ import annotations

from typing import Final

# A NOT NULL that was added NOT VALID (18 and later) lets old nulls be.
COLUMNS: Final = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod),
        NOT a.attnotnull OR EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = a.attrelid AND n.contype = 'n'
            AND NOT n.convalidated AND n.conkey = ARRAY[a.attnum]),
        pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
        CASE WHEN l.oid IS NOT NULL AND l.collname <> 'default' THEN
            CASE WHEN s.nspname = 'pg_catalog' THEN '' ELSE s.nspname || '.' END || l.collname END,
        EXISTS (SELECT FROM pg_depend o JOIN pg_class q ON q.oid = o.objid AND q.relkind = 'S'
            WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
            AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum AND o.deptype = 'a'
            AND EXISTS (SELECT FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
                        AND u.refobjid = q.oid))
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_namespace s ON s.oid = l.collnamespace
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"
"""
# Since 18 every NOT NULL is a constraint with a name; whether a column is nullable is said with the column.
CONSTRAINTS: Final = """
    SELECT conname, contype::text, pg_get_constraintdef(oid), convalidated, condeferrable, condeferred
    FROM pg_constraint WHERE conrelid = %s AND contype <> 'n' ORDER BY conname COLLATE "C"
"""
INDEXES: Final = """
    SELECT c.relname,
        CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
            || substr(x.text, position(' USING ' || m.amname || ' (' in x.text) + 1),
        ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
        i.indisunique, i.indisvalid, i.indisready, i.indisprimary, pg_get_expr(i.indpred, i.indrelid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam,
        pg_get_indexdef(i.indexrelid) AS x(text)
    WHERE i.indrelid = %s ORDER BY c.relname COLLATE "C"
"""
TABLE: Final = """
    SELECT c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relforcerowsecurity,
        (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid), c.relreplident::text,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY o COLLATE "C")
    FROM pg_class c WHERE c.oid = %s
"""
TRIGGERS: Final = """
    SELECT tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE tgrelid = %s AND NOT tgisinternal ORDER BY tgname COLLATE "C"
"""
RULES: Final = """
    SELECT rulename FROM pg_rewrite WHERE ev_class = %s AND rulename <> '_RETURN' ORDER BY rulename COLLATE "C"
"""
PARTITIONS: Final = """
    SELECT c.relname, coalesce(pg_get_expr(c.relpartbound, c.oid), 'inherits')
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s ORDER BY c.relname COLLATE "C"
"""
EXTENSIONS: Final = """SELECT extname, extversion FROM pg_extension ORDER BY extname COLLATE "C" """
DATABASE: Final = """
    SELECT pg_encoding_to_char(encoding), to_jsonb(d) ->> 'datlocprovider', datcollate, datctype,
        to_jsonb(d) ->> 'datcollversion', current_setting('server_version_num')
    FROM pg_database d WHERE datname = current_database()
"""
COLLATION_NOW: Final = """
    SELECT pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database()
"""
UNREADABLE: Final = """
    SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
        AND NOT has_column_privilege(attrelid, attnum, 'SELECT') ORDER BY attname COLLATE "C"
"""

"""The catalogue's questions behind a table's structure; names inside definitions go without the store's schema."""

# ruff: noqa: S608 - what is put in is a constant of this file
from __future__ import annotations

from typing import Final

# The table itself, without a name, and every table below it by name; what those have from it is said with it.
_PARTS: Final = """parts(oid, name) AS (
        SELECT %s::oid, NULL::name
        UNION SELECT c.oid, c.relname FROM parts JOIN pg_inherits i ON i.inhparent = parts.oid
            JOIN pg_class c ON c.oid = i.inhrelid
    )"""
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
                        AND u.refobjid = q.oid)),
        ARRAY(SELECT concat_ws(', ', 'steps by ' || s.seqincrement, CASE WHEN s.seqcycle THEN 'cycles' END) FROM pg_sequence s
            WHERE s.seqrelid IN (
                SELECT o.objid FROM pg_depend o WHERE o.classid = 'pg_class'::regclass AND o.deptype = 'i'
                    AND o.refclassid = 'pg_class'::regclass AND o.refobjid = a.attrelid AND o.refobjsubid = a.attnum
                UNION SELECT u.refobjid FROM pg_depend u WHERE u.classid = 'pg_attrdef'::regclass AND u.objid = d.oid
                    AND u.refclassid = 'pg_class'::regclass)
            ORDER BY 1)
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_namespace s ON s.oid = l.collnamespace
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attname COLLATE "C"
"""
# Since 18 every NOT NULL is a constraint with a name; whether a column is nullable is said with the column. What enforces
# a constraint is triggers of its own, which `DISABLE TRIGGER ALL` and a restore that was cut short leave switched off.
CONSTRAINTS: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, o.conname, o.contype::text, pg_get_constraintdef(o.oid), o.convalidated, o.condeferrable,
        o.condeferred, ARRAY(SELECT DISTINCT (t.tgenabled::text || c.relname) COLLATE "C" FROM pg_trigger t
            JOIN pg_class c ON c.oid = t.tgrelid
            WHERE t.tgconstraint = o.oid AND t.tgenabled <> 'O' AND o.contype <> 't' ORDER BY 1)
    FROM parts JOIN pg_constraint o ON o.conrelid = parts.oid
    WHERE o.contype <> 'n' AND (parts.name IS NULL OR (o.conislocal AND o.coninhcount = 0 AND o.conparentid = 0)
        OR EXISTS (SELECT FROM pg_trigger t LEFT JOIN pg_trigger above ON above.oid = t.tgparentid
            WHERE t.tgconstraint = o.oid AND t.tgenabled <> coalesce(above.tgenabled, 'O') AND o.contype <> 't'))
    ORDER BY parts.name COLLATE "C" NULLS FIRST, o.conname COLLATE "C"
"""
INDEXES: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, c.relname,
        CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END
            || substr(x.text, position(' USING ' || m.amname || ' (' in x.text) + 1),
        ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k),
        i.indisunique, i.indisvalid, i.indisready, i.indisprimary, pg_get_expr(i.indpred, i.indrelid), i.indisreplident
    FROM parts JOIN pg_index i ON i.indrelid = parts.oid JOIN pg_class c ON c.oid = i.indexrelid
        JOIN pg_am m ON m.oid = c.relam, pg_get_indexdef(i.indexrelid) AS x(text)
    WHERE parts.name IS NULL OR NOT i.indisvalid
        OR NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
    ORDER BY parts.name COLLATE "C" NULLS FIRST, c.relname COLLATE "C"
"""
TABLE: Final = """
    SELECT c.relkind::text, c.relpersistence::text, c.relrowsecurity, c.relforcerowsecurity,
        c.relreplident::text,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END,
        CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        ARRAY(SELECT o FROM pg_catalog.unnest(c.reloptions) o ORDER BY o COLLATE "C")
    FROM pg_class c WHERE c.oid = %s
"""
# Before 15 what a partition has from the table above was internal, as are the triggers of constraints. It is said of
# the partition only where it is switched otherwise there. Only the pretty form leaves the schema of the store out.
TRIGGERS: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, t.tgname, t.tgenabled::text, pg_get_triggerdef(t.oid, true)
    FROM parts JOIN pg_trigger t ON t.tgrelid = parts.oid LEFT JOIN pg_trigger above ON above.oid = t.tgparentid
        LEFT JOIN pg_constraint o ON o.oid = t.tgconstraint
    WHERE (NOT t.tgisinternal OR (above.oid IS NOT NULL AND coalesce(o.contype, 't') = 't'))
        AND (parts.name IS NULL OR above.oid IS NULL OR above.tgenabled <> t.tgenabled)
    ORDER BY parts.name COLLATE "C" NULLS FIRST, t.tgname COLLATE "C"
"""
# Here, too, only the pretty form leaves the schema of the store out.
RULES: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, r.rulename, r.ev_enabled::text, pg_get_ruledef(r.oid, true)
    FROM parts JOIN pg_rewrite r ON r.ev_class = parts.oid WHERE r.rulename <> '_RETURN'
    ORDER BY parts.name COLLATE "C" NULLS FIRST, rulename COLLATE "C"
"""
PARTITIONS: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, coalesce(pg_get_expr(c.relpartbound, c.oid), 'inherits'), c.relkind::text,
        c.relpersistence::text, c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text,
        CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END,
        ARRAY(SELECT o FROM pg_catalog.unnest(c.reloptions) o ORDER BY o COLLATE "C")
    FROM parts JOIN pg_class c ON c.oid = parts.oid WHERE parts.name IS NOT NULL ORDER BY parts.name COLLATE "C"
"""
# Whoever asks one of the tables above finds the rows of this one too. Their own schema is said where it is another one.
ABOVE: Final = """
    WITH RECURSIVE above(oid, part) AS (
        SELECT inhparent, inhrelid FROM pg_inherits WHERE inhrelid = %s AND NOT inhdetachpending
        UNION SELECT i.inhparent, i.inhrelid FROM above JOIN pg_inherits i ON i.inhrelid = above.oid AND NOT i.inhdetachpending
    )
    SELECT CASE WHEN c.relnamespace = own.relnamespace THEN '' ELSE pg_catalog.quote_ident(n.nspname) || '.' END
            || pg_catalog.quote_ident(c.relname),
        coalesce(pg_get_expr(part.relpartbound, part.oid), 'inherits')
    FROM above JOIN pg_class c ON c.oid = above.oid JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_class part ON part.oid = above.part, pg_class own
    WHERE own.oid = %s ORDER BY 1
"""
# A partition has no policy from the table above; its own count for whoever names it.
POLICIES: Final = f"""
    WITH RECURSIVE {_PARTS}
    SELECT parts.name, polname, polcmd::text, polpermissive,
        ARRAY(SELECT CASE WHEN r = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(r)::text END
            FROM pg_catalog.unnest(polroles) r ORDER BY 1),
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM parts JOIN pg_policy ON polrelid = parts.oid ORDER BY parts.name COLLATE "C" NULLS FIRST, polname COLLATE "C"
"""
# The types that this database made itself, however deep below a column: arrays of domains of composites of enums.
TYPES: Final = """
    WITH RECURSIVE made(name, oid) AS (
        SELECT a.attname, a.atttypid FROM pg_attribute a WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
        UNION
        SELECT made.name, below.oid FROM made JOIN pg_type t ON t.oid = made.oid, LATERAL (
            SELECT t.typelem AS oid WHERE t.typelem <> 0
            UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
            UNION ALL SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid
            UNION ALL SELECT r.rngtypid FROM pg_range r WHERE r.rngmultitypid = t.oid
            UNION ALL SELECT f.atttypid FROM pg_attribute f
                WHERE t.typtype = 'c' AND f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped
        ) AS below
    )
    SELECT made.name, format_type(t.oid, NULL), CASE t.typtype
        WHEN 'e' THEN 'enum (' || array_to_string(ARRAY(SELECT quote_literal(e.enumlabel) FROM pg_enum e
            WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder), ', ') || ')'
        WHEN 'd' THEN concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod), 'DEFAULT ' || t.typdefault,
            CASE WHEN t.typnotnull THEN 'NOT NULL' END, array_to_string(ARRAY(SELECT pg_get_constraintdef(k.oid)
            FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n' ORDER BY 1), ' '))
        WHEN 'c' THEN 'composite (' || array_to_string(ARRAY(
            SELECT quote_ident(f.attname) || ' ' || format_type(f.atttypid, f.atttypmod) FROM pg_attribute f
            WHERE f.attrelid = t.typrelid AND f.attnum > 0 AND NOT f.attisdropped ORDER BY f.attnum), ', ') || ')'
        ELSE (SELECT 'range of ' || format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid) END
    FROM made JOIN pg_type t ON t.oid = made.oid WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'c', 'r')
    ORDER BY made.name COLLATE "C", format_type(t.oid, NULL) COLLATE "C"
"""
EXTENSIONS: Final = """SELECT extname, extversion FROM pg_extension ORDER BY extname COLLATE "C" """
# Of a locale of ICU the database keeps the name under another word in 15 and 16 than later, and none before.
DATABASE: Final = """
    SELECT pg_encoding_to_char(encoding), to_jsonb(d) ->> 'datlocprovider', datcollate, datctype,
        coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), to_jsonb(d) ->> 'daticurules',
        to_jsonb(d) ->> 'datcollversion', current_setting('server_version_num')
    FROM pg_database d WHERE datname = current_database()
"""
# The collations that this database made itself: of a column or an index, of the table or of one below it.
COLLATIONS: Final = f"""
    WITH RECURSIVE {_PARTS}, used(oid) AS (
        SELECT a.attcollation FROM parts JOIN pg_attribute a ON a.attrelid = parts.oid
            WHERE a.attnum > 0 AND NOT a.attisdropped
        UNION SELECT one FROM parts JOIN pg_index i ON i.indrelid = parts.oid, pg_catalog.unnest(i.indcollation::oid[]) one
    )
    SELECT l.oid::regcollation::text, l.collprovider::text, l.collisdeterministic,
        coalesce(told ->> 'colllocale', told ->> 'colliculocale', l.collcollate),
        CASE WHEN l.collprovider = 'c' THEN l.collctype END, told ->> 'collicurules'
    FROM used JOIN pg_collation l ON l.oid = used.oid, to_jsonb(l) AS told
    WHERE l.collnamespace <> 'pg_catalog'::regnamespace ORDER BY 1
"""
COLLATION_NOW: Final = """
    SELECT pg_database_collation_actual_version(oid) FROM pg_database WHERE datname = current_database()
"""
UNREADABLE: Final = """
    SELECT attname FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped
        AND NOT has_column_privilege(attrelid, attnum, 'SELECT') ORDER BY attname COLLATE "C"
"""

import type { Copy } from './copies.ts'
import type { DatabaseName } from './expected.ts'

const LEDGERS = [
  'select number from watchword_migrations order by number',
  'select feature, number, name from watchword_feature_migrations order by feature, number',
]

const MINE = `relnamespace = 'public'::regnamespace`

/** The parts of a schema. */
const PARTS: Readonly<Record<DatabaseName, readonly string[]>> = {
  SQLite: [
    ...LEDGERS,
    'select type, name, tbl_name, sql from sqlite_master order by type, name',
  ],
  PostgreSQL: [
    ...LEDGERS,
    `select relname, relkind, reloptions from pg_class where ${MINE}
      order by relname`,
    `select relname, attname, attnum, format_type(atttypid, atttypmod),
      attnotnull, collname, pg_get_expr(adbin, adrelid) as preset
      from pg_attribute join pg_class on pg_class.oid = attrelid
      left join pg_collation on pg_collation.oid = attcollation
      left join pg_attrdef on adrelid = attrelid and adnum = attnum
      where ${MINE} and relkind = 'r' and attnum > 0 and not attisdropped
      order by relname, attnum`,
    `select indexdef from pg_indexes where schemaname = 'public' order by 1`,
    `select conrelid::regclass::text, conname, pg_get_constraintdef(oid)
      from pg_constraint where connamespace = 'public'::regnamespace
      order by 1, 2`,
    `select pg_get_triggerdef(oid), tgenabled from pg_trigger
      where not tgisinternal order by tgname`,
    `select pg_get_functiondef(oid) from pg_proc
      where pronamespace = 'public'::regnamespace order by proname`,
  ],
}

export async function schemaOf(
  copy: Copy,
  name: DatabaseName,
): Promise<readonly (readonly object[])[]> {
  const parts: (readonly object[])[] = []
  for (const part of PARTS[name]) parts.push(await copy.query(part))
  return parts
}

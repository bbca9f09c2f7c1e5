import { DatabaseSync } from 'node:sqlite'
import { days } from '../src/base/clock.ts'

export interface FillSize {
  readonly users: number
  readonly sessions: number
  readonly events: number
  readonly apiTokens: number
}

/** Rows n of a series, from 1. */
const series = (count: number): string =>
  `with recursive n(n) as (select 1 union all select n + 1 from n where n < ${count})`

/** A number from 0 to `below` − 1 that looks random and is the same at each run. */
const spread = (below: number, salt: number): string =>
  `((n * 2654435761 + ${salt}) % 4294967296) % ${below}`

const HEX_ID = "printf('%032x', n)"

/** Kinds of events, the most frequent ones first; a few are rare. */
const KIND = `case when n % 100000 = 7 then 'reuse_detected'
  when n % 1000 = 3 then 'user_changed' when n % 10 = 1 then 'sign_in_failed'
  when n % 7 = 2 then 'signed_out' else 'signed_in' end`

/** Fills an SQLite database that has its tables, as months of use would have. */
export function fillSqlite(file: string, size: FillSize, now: number): void {
  const db = new DatabaseSync(file)
  const { users, sessions, events, apiTokens } = size
  db.exec(
    'pragma synchronous = off; pragma cache_size = -2000000; pragma journal_mode = wal',
  )
  db.exec(`begin;
    insert into users (id, username, username_key, email, email_key, email_verified_at, hash,
      active, staff, superuser, roles, epoch, joined_at, attributes)
    ${series(users)}
    select ${HEX_ID}, printf('user%07d', ${spread(users, 1)}) || '-' || n,
      printf('user%07d', ${spread(users, 1)}) || '-' || n, 'u' || n || '@example.com',
      'u' || n || '@example.com', case when n % 3 = 0 then null else ${now - days(30)} end, '!',
      n % 500 <> 0, n % 10000 = 0, 0, case when n % 20 = 0 then '["editor"]' else '[]' end, 0,
      ${now - days(365)} + n * ${days(365)}.0 / ${users}, '{}' from n;
    insert into sessions (id, user_id, generation, jti, created_at, expires_at, idle_expires_at,
      epoch, ended_at, end_reason, address, user_agent, amr, last_used_at)
    ${series(sessions)}
    select printf('%032x', n + 9000000000), printf('%032x', 1 + ${spread(users, 2)}), n % 9, 'j' || n,
      ${now - days(30)} + n * ${days(30)}.0 / ${sessions}, ${now} + n * ${days(30)}.0 / ${sessions},
      ${now - days(1)} + n * ${days(30)}.0 / ${sessions}, 0,
      case when n % 5 = 0 then ${now - days(1)} end, case when n % 5 = 0 then 'logout' end,
      '192.0.2.' || (n % 256), 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0', '["pwd"]',
      ${now - days(30)} + n * ${days(30)}.0 / ${sessions} + 60 from n;
    insert into tokens (id, user_id, digest, hint, name, scopes, created_at, expires_at)
    ${series(apiTokens)}
    select ${HEX_ID}, printf('%032x', 1 + ${spread(users, 3)}), 'd' || n,
      printf('ww_%05x', ${spread(1_000_000, 4)}), case when n % 2 = 0 then 'backup ' || n end, '[]',
      ${now - days(300)} + n, case when n % 4 = 0 then ${now + days(90)} end from n;
    insert into activity (slot, kind, count)
    ${series(62 * 48)}
    select ${Math.floor(now / 1800)} - n + 1, kinds.column1, (n * 31) % 97 + 1
    from n, (values ('signed_in'), ('sign_in_failed'), ('refreshed'), ('session_revoked')) as kinds;
    commit`)
  // In parts: a transaction of ten million rows would make a log as large as the database.
  for (let done = 0; done < events; done += PART) {
    const count = Math.min(PART, events - done)
    db.exec(`begin;
      insert into events (id, at, kind, user_id, session_id, actor, address, request_id, detail)
      ${series(count)
        .replace('select 1 union', `select ${done + 1} union`)
        .replace(`n < ${count}`, `n < ${done + count}`)}
      select ${HEX_ID}, ${now - days(90)} + n * ${days(90)}.0 / ${events}, ${KIND},
        printf('%032x', 1 + ${spread(users, 5)}), printf('%032x', n + 9000000000), null,
        '198.51.100.' || (n % 256), 'req' || n, '{"methods":["pwd"]}' from n;
      commit`)
  }
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
}

const PART = 500_000

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import type { Contestant } from './measure.ts'

/** Number of rows; each worker updates its own. As many as the requests in flight of the other contestants. */
const ROWS = 64

/** A row of the size of a session, updated under a condition as in a refresh. */
const TABLE =
  'create table bare (id integer primary key, generation integer not null, jti text not null, rest text not null)'
const REST = 'x'.repeat(120)
const UPDATE =
  'update bare set generation = generation + 1, jti = $2 where id = $1 and generation = $3 returning *'

/** The driver alone: one conditional update after the other, each with its own commit. */
export function bareSqlite(folder: string, turn: number): Contestant & { stop(): void } {
  const db = new DatabaseSync(join(folder, 'bare.db'))
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  db.exec(TABLE)
  db.prepare('insert into bare values (1, 0, ?, ?)').run('', REST)
  const update = db.prepare(UPDATE.replaceAll(/\$(\d)/g, '?$1'))
  let generation = 0
  return {
    name: 'bare SQLite commits',
    run() {
      const [began, first] = [performance.now(), generation]
      while (performance.now() - began < turn)
        update.all(1, `jti ${generation}`, generation++)
      return (1000 * (generation - first)) / (performance.now() - began)
    },
    stop: () => db.close(),
  }
}

/** @param pool number of connections, as in the other contestants */
export async function barePostgres(
  url: string,
  turn: number,
  pool: number,
): Promise<Contestant & { stop(): Promise<void> }> {
  const db = new pg.Pool({ connectionString: url, max: pool })
  await db.query(TABLE)
  await db.query(
    `insert into bare select n, 0, '', $1 from generate_series(1, ${ROWS}) as n`,
    [REST],
  )
  const generations = Array.from({ length: ROWS }, () => 0)
  return {
    name: 'bare PostgreSQL transactions',
    async run() {
      const began = performance.now()
      let done = 0
      const work = async (row: number): Promise<void> => {
        do {
          const values = [row + 1, `jti ${done}`, generations[row]]
          const { rowCount } = await db.query({ name: 'bare', text: UPDATE, values })
          if (rowCount !== 1) throw new Error('a bare update changed nothing')
          generations[row]! += 1
          done++
        } while (performance.now() - began < turn)
      }
      await Promise.all(generations.map((_, row) => work(row)))
      return (1000 * done) / (performance.now() - began)
    },
    stop: () => db.end(),
  }
}

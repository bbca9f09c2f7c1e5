import { type Kysely, type Selectable, sql } from 'kysely'
import type { Rotation, Session, Sessions } from '../../sessions/session.ts'
import { type ClockCheck, type Swap, sessionOf, swapOf } from '../sessions.ts'
import type { SessionTable, Tables } from '../tables.ts'
import { codeOf, isConnectionLost, isStorable, storeUnavailable } from './errors.ts'
import { NOW } from './time.ts'

/** Rotations that share a statement, and statements of a process at a time: the next ones gather while these are on their way. */
const GROUP = 64
const AT_ONCE = 4

/**
 * Milliseconds that a rotation waits to be sent. Whoever asked for one that comes later has given it up: its overlap would be over
 * when its token is presented again.
 */
const PATIENCE = 1_000

interface Waiting {
  readonly rotation: Rotation
  /** By `performance.now()`. */
  readonly since: number
  resolve(session: Session | undefined): void
  reject(error: unknown): void
}

/**
 * Rotations that arrive together are one statement with one commit, each under its own conditions: to send a statement and to
 * make it durable takes longer than to do it. Of several that want the same generation of a session one gets it, as ever.
 */
export function batchedSessions(
  sessions: Sessions,
  db: Kysely<Tables>,
  lateness: ClockCheck,
): Sessions {
  const waiting: Waiting[] = []
  let underWay = 0
  let isPlanned = false

  const alone = ({ rotation, resolve, reject }: Waiting): Promise<void> =>
    sessions.rotate(rotation).then(resolve, reject)

  const together = async (group: readonly Waiting[]): Promise<void> => {
    try {
      // All processes take rows in one order, so that no two wait for each other.
      const swaps = group
        .map(({ rotation }) => swapOf(rotation, lateness))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
      award(group, (await swapAll(swaps).execute(db)).rows)
    } catch (error) {
      // The server has done none of them for the sake of one: a row that is held, a number that is none.
      if (wasAnswered(error)) await Promise.all(group.map(alone))
      else for (const { reject } of group) reject(error)
    }
  }

  const start = (group: readonly Waiting[]): void => {
    underWay += 1
    const [only] = group
    void (group.length === 1 ? alone(only!) : together(group)).finally(() => {
      underWay -= 1
      plan()
    })
  }
  const refuseLate = (): void => {
    const oldest = performance.now() - PATIENCE
    const inTime = waiting.findIndex(({ since }) => since >= oldest)
    const late = waiting.splice(0, inTime === -1 ? waiting.length : inTime)
    for (const { reject } of late) reject(storeUnavailable('too many refreshes wait'))
  }
  /** What comes in the same turn of the event loop comes along. */
  const plan = (): void => {
    if (isPlanned || waiting.length === 0 || underWay >= AT_ONCE) return
    isPlanned = true
    setImmediate(() => {
      isPlanned = false
      refuseLate()
      while (waiting.length > 0 && underWay < AT_ONCE) start(waiting.splice(0, GROUP))
    })
  }

  return {
    ...sessions,
    rotate: (rotation) =>
      new Promise((resolve, reject) => {
        // No row has a text that none can hold, and the rest of a group is to be sent.
        if (!isStorable(rotation.id) || !isStorable(rotation.jti))
          return resolve(undefined)
        waiting.push({ rotation, since: performance.now(), resolve, reject })
        plan()
      }),
  }
}

type Row = Selectable<SessionTable>

/** Gives each row to the one whose `jti` it has now, and to all others that there is none. */
function award(group: readonly Waiting[], rows: readonly Row[]): void {
  const left = new Set(group)
  for (const row of rows) {
    for (const each of left) {
      if (!isOf(each.rotation, row)) continue
      left.delete(each)
      each.resolve(sessionOf(row))
      break
    }
  }
  for (const { resolve } of left) resolve(undefined)
}

const isOf = ({ id, generation, newJti }: Rotation, row: Row): boolean =>
  row.id === id && row.jti === newJti && row.generation === generation + 1

/** Whether the server has said no, so that nothing was done; else nobody knows. */
function wasAnswered(error: unknown): boolean {
  const said = (error as { readonly cause?: unknown }).cause ?? error
  return codeOf(said) !== undefined && !isConnectionLost(said)
}

/** As the swap of one (see `sqlSessions`), for each of a list. */
function swapAll(swaps: readonly Swap[]) {
  const all = <Name extends keyof Swap>(name: Name) => swaps.map((swap) => swap[name])
  return sql<Row>`
    update sessions set
      generation = sessions.generation + 1,
      previous_jti = sessions.jti,
      jti = its.new_jti,
      rotated_at = its.now,
      idle_expires_at = case when sessions.expires_at < its.idle_end then sessions.expires_at else its.idle_end end
    from unnest(
      ${all('id')}::text[], ${all('generation')}::integer[], ${all('jti')}::text[], ${all('newJti')}::text[],
      ${all('now')}::float8[], ${all('alive')}::float8[], ${all('idleEnd')}::float8[], ${all('until')}::float8[],
      ${all('userless')}::integer[], ${all('anyActive')}::integer[], ${all('anyEpoch')}::integer[]
    ) as its (id, generation, jti, new_jti, now, alive, idle_end, until, userless, any_active, any_epoch)
    where sessions.id = its.id and sessions.generation = its.generation and sessions.jti = its.jti
      and sessions.ended_at is null and sessions.expires_at > its.alive and sessions.idle_expires_at > its.alive
      and ${sql.raw(NOW)} < its.until
      and (
        (sessions.user_id is null and its.userless = 1)
        or exists (
          select 1 from users where users.id = sessions.user_id
            and (users.active = 1 or its.any_active = 1) and (users.epoch = sessions.epoch or its.any_epoch = 1)
        )
      )
    returning sessions.*`
}

import type { Kysely, Selectable } from 'kysely'
import type { EventQuery, Events, StoredEvent } from '../audit/event.ts'
import type { UnixSeconds } from '../base/clock.ts'
import { ifDefined } from '../base/optional.ts'
import { storable } from '../base/storable.ts'
import { prepared } from './prepared.ts'
import type { EventTable, Tables } from './tables.ts'

type Row = Selectable<EventTable>

/** Kinds by the name that 0.1.0 gave them. Its processes still write them during an upgrade, so the rows keep the name. */
const KINDS_OF_0_1_0: Readonly<Record<string, string>> = {
  session_ended: 'session_revoked',
}

/** The names under which events of a kind are stored. */
export const storedKinds = (kind: string): readonly string[] => [
  kind,
  ...Object.keys(KINDS_OF_0_1_0).filter((stored) => KINDS_OF_0_1_0[stored] === kind),
]

/** Events in SQL. */
export function sqlEvents(db: Kysely<Tables>): Events {
  const insert = insertStatement(db)

  return {
    async append(event) {
      await insert(rowOf(event))
    },

    async list(query) {
      return (await listQuery(db, query).execute()).map(eventOf)
    },

    async flush(moment, limit) {
      const { numDeletedRows } = await flushQuery(db, moment, limit).executeTakeFirst()
      return Number(numDeletedRows)
    },
  }
}

const insertStatement = (db: Kysely<Tables>) =>
  prepared<Row, never>(db, (values) =>
    db.insertInto('events').values({
      id: values.id,
      at: values.at,
      kind: values.kind,
      user_id: values.user_id,
      session_id: values.session_id,
      actor: values.actor,
      address: values.address,
      request_id: values.request_id,
      detail: values.detail,
    }),
  )

/** The newest events that match, a page of them. */
function listQuery(
  db: Kysely<Tables>,
  { userId, kind, since, after, limit }: EventQuery,
) {
  let query = db
    .selectFrom('events')
    .selectAll()
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
  if (userId !== undefined) query = query.where('user_id', '=', userId)
  if (kind !== undefined) query = query.where('kind', 'in', storedKinds(kind))
  if (since !== undefined) query = query.where('at', '>=', since)
  if (after === undefined) return query
  return query.where((eb) =>
    eb.or([
      eb('at', '<', after.at),
      eb.and([eb('at', '=', after.at), eb('id', '<', after.id)]),
    ]),
  )
}

const flushQuery = (db: Kysely<Tables>, moment: UnixSeconds, limit: number) =>
  db
    .deleteFrom('events')
    .where('id', 'in', (events) =>
      events.selectFrom('events').select('id').where('at', '<', moment).limit(limit),
    )

const rowOf = (event: StoredEvent): Row => ({
  id: event.id,
  at: event.at,
  kind: event.kind,
  user_id: event.userId ?? null,
  session_id: event.sessionId ?? null,
  actor: textOf(event.actor),
  address: textOf(event.address),
  request_id: textOf(event.requestId),
  detail: JSON.stringify(event.detail),
})

/** What a program or a proxy says is not validated, and must not cost an event. */
const textOf = (text: string | undefined): string | null =>
  ifDefined(text, storable) ?? null

export const eventOf = (row: Row): StoredEvent => ({
  id: row.id,
  at: row.at,
  kind: KINDS_OF_0_1_0[row.kind] ?? row.kind,
  userId: row.user_id ?? undefined,
  sessionId: row.session_id ?? undefined,
  actor: row.actor ?? undefined,
  address: row.address ?? undefined,
  requestId: row.request_id ?? undefined,
  detail: JSON.parse(row.detail),
})

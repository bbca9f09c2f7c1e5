import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEvent } from '../audit/event.ts'
import { eventJson } from '../audit/event-json.ts'
import { milliseconds, seconds, systemClock, type UnixSeconds } from '../base/clock.ts'
import { secondsOf } from '../base/duration.ts'
import { lazyByKey } from '../base/lazy.ts'
import { ifDefined } from '../base/optional.ts'
import {
  type Call,
  type CommandOutput,
  commandFor,
  DATABASE,
} from '../command/command.ts'
import { UsageError } from '../command/errors.ts'
import { printable, valueText } from '../command/format.ts'
import { tableOf } from '../command/table.ts'
import { userNamed } from '../command/user-named.ts'
import { parseCount, parseWord } from '../command/values.ts'
import { EVENT_KINDS } from '../features.ts'
import type { Admin } from '../instance/admin.ts'

type EventReader = Pick<Admin, 'users' | 'events'>

const OPTIONS = {
  user: { type: 'string', value: 'NAME', help: 'only events of this user' },
  kind: {
    type: 'string',
    value: 'KIND',
    help: 'only events of this kind, such as sign_in_failed',
  },
  since: {
    type: 'string',
    value: 'TIME',
    help: 'only events of the last 30m, 12h, 7d, …',
  },
  limit: {
    type: 'string',
    value: 'COUNT',
    help: 'how many of the newest, 1 to 1000; default: 50',
  },
  follow: { type: 'boolean', help: 'keep running and print new events' },
  ...DATABASE,
} as const

export const events = commandFor<EventReader>()({
  name: 'events',
  summary: 'Lists events of the audit log.',
  args: [],
  description: `The newest event is last; times are UTC. A failed sign-in has a user only if a user of that name exists; the typed name is not stored.

Kinds: ${EVENT_KINDS.join(', ')}.`,
  examples: [
    'watchword events --since 1h',
    'watchword events --user vitor --kind sign_in_failed',
    'watchword events --follow --json',
  ],
  options: OPTIONS,
  run: ({ values, print, open }) =>
    open(values.database, async (auth) => {
      const query = await queryOf(values, auth)
      const rowOf = eventRows(auth)
      const listed = [...(await auth.events.list(query))].reverse()
      const text = eventTable(await Promise.all(listed.map(rowOf)))
      if (values.follow !== true) return { text, json: listed.map(eventJson) }

      for (const line of followLines(text, listed)) print(line)
      for await (const event of newEvents(auth, query, listed)) {
        const row = await rowOf(event)
        print({ text: row.map(printable).join('  '), json: eventJson(event) })
      }
      return undefined
    }),
})

/** The events listed so far, one output each, as the new ones that follow: a row of the table, or a line of JSON. */
function followLines(
  table: string,
  listed: readonly AuditEvent[],
): readonly CommandOutput[] {
  const [heading = '', first = '', ...others] = table.split('\n')
  const lines = [`${heading}\n${first}`, ...others]
  return listed.map((event, index) => ({
    text: lines[index] ?? '',
    json: eventJson(event),
  }))
}

type Query = NonNullable<Parameters<Admin['events']['list']>[0]>

async function queryOf(
  { user, kind, since, limit = '50' }: Call<typeof OPTIONS, never>['values'],
  auth: EventReader,
): Promise<Query> {
  return {
    limit: parseCount({ name: '--limit', text: limit }, [1, 1000]),
    ...(kind !== undefined && {
      kind: parseWord({ name: '--kind', text: kind }, EVENT_KINDS),
    }),
    ...(since !== undefined && { since: momentAgo(since) }),
    ...(user !== undefined && { userId: (await userNamed(user, auth)).id }),
  }
}

function momentAgo(text: string): UnixSeconds {
  const seconds = secondsOf(text)
  if (seconds === undefined)
    throw new UsageError('--since must be a duration such as 30m, 12h or 7d.')
  return (systemClock() - seconds) as UnixSeconds
}

function eventTable(rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'There are no such events.'
  return tableOf(
    ['TIME (UTC)', 'EVENT', 'USER', 'ADDRESS', 'BY', 'SESSION', 'DETAIL'],
    rows,
  )
}

/** Makes the rows of events; looks each user up once. */
function eventRows({
  users,
}: EventReader): (event: AuditEvent) => Promise<readonly string[]> {
  const nameOf = lazyByKey(
    async (id: string) => (await users.find({ id }))?.username ?? id,
  )
  return async (event) => [
    new Date(event.at * 1000).toISOString().slice(0, 19).replace('T', ' '),
    event.kind,
    (await ifDefined(event.userId, nameOf)) ?? '–',
    event.address ?? '–',
    event.actor ?? '–',
    event.sessionId ?? '–',
    Object.entries(event.detail)
      .map(([name, value]) => `${name}=${valueText(value)}`)
      .join(' '),
  ]
}

/** The pause between two queries. */
const INTERVAL = milliseconds(1_000)

/** How far back each query looks: clocks of other processes may be behind, and their writes may arrive late. */
const LOOK_BACK = seconds(10)

/** Each event that is written from now on, once, until SIGINT or SIGTERM. */
async function* newEvents(
  auth: EventReader,
  query: Query,
  listed: readonly AuditEvent[],
): AsyncGenerator<AuditEvent> {
  using stop = stopSignals()
  let newest = listed.at(-1)?.at ?? systemClock()
  const recent = () =>
    auth.events.list({ ...query, since: newest - LOOK_BACK, limit: 1000 })
  let seen = new Set(
    (await recent()).filter(({ at }) => at <= newest).map(({ id }) => id),
  )
  while (!stop.signal.aborted) {
    const events = await recent()
    for (const event of [...events].reverse()) if (!seen.has(event.id)) yield event
    seen = new Set(events.map(({ id }) => id))
    newest = events[0]?.at ?? newest
    await sleep(INTERVAL, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

/** Aborts at SIGINT or SIGTERM, which would end the process otherwise. */
function stopSignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop).once('SIGTERM', stop)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off('SIGINT', stop).off('SIGTERM', stop),
  }
}

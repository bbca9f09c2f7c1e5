import { setTimeout as sleep } from 'node:timers/promises'
import type { AuditEvent } from '../audit/event.ts'
import { systemClock, type UnixSeconds } from '../base/clock.ts'
import { secondsOf } from '../base/duration.ts'
import { EVENT_KINDS, type EventKind } from '../features.ts'
import type { User, UserId } from '../users/user.ts'
import type { Watchword } from '../watchword.ts'
import {
  type Call,
  type CommandOutput,
  command,
  DATABASE,
  parseCount,
} from './command.ts'
import { UsageError } from './errors.ts'
import { nearest } from './nearest.ts'
import { userNamed, withInstance } from './open-instance.ts'
import { printable, tableOf } from './table.ts'

const OPTIONS = {
  user: { type: 'string', value: 'NAME', says: 'only those of this user' },
  kind: {
    type: 'string',
    value: 'KIND',
    says: 'only those of this kind, such as sign_in_failed',
  },
  since: {
    type: 'string',
    value: 'TIME',
    says: 'only those of the last 30m, 12h, 7d, …',
  },
  limit: {
    type: 'string',
    value: 'COUNT',
    says: 'so many of the newest, 1 to 1000; else 50',
  },
  follow: { type: 'boolean', says: 'stay, and print what comes' },
  ...DATABASE,
} as const

export const events = command({
  name: 'events',
  does: 'Lists what the audit log tells of.',
  args: [],
  about: `The newest stands last. Kinds: ${EVENT_KINDS.join(', ')}.
A failed sign-in names its user where there is one of that name; what was typed is kept nowhere. Times are UTC.`,
  examples: [
    'watchword events --since 1h',
    'watchword events --user vitor --kind sign_in_failed',
    'watchword events --follow --json',
  ],
  options: OPTIONS,
  run: ({ values, deps, say }) =>
    withInstance(values.database, deps, async (auth) => {
      const asked = await queryOf(values, auth)
      const names = namesOf(auth)
      const shown = [...(await auth.events.list(asked))].reverse()
      const rows = await Promise.all(
        shown.map(async (event) => rowOf(event, await names(event.userId))),
      )
      const answer: CommandOutput = {
        text:
          rows.length === 0
            ? 'Nothing has happened that is told of here.'
            : tableOf(HEADINGS, rows),
        json: shown.map(toJson),
      }
      if (values.follow !== true) return answer
      if (rows.length > 0) for (const line of linesOf(answer, shown)) say(line)
      await follow(auth, asked, shown, async (event) => {
        const row = rowOf(event, await names(event.userId))
        say({ text: row.map(printable).join('  '), json: toJson(event) })
      })
      return undefined
    }),
})

type Query = NonNullable<Parameters<Watchword['events']['list']>[0]>

/** @throws WrongUsage, Failure */
async function queryOf(
  values: Call<typeof OPTIONS>['values'],
  auth: Watchword<User>,
): Promise<Query> {
  const { user, kind, since, limit = '50' } = values
  return {
    userId: user === undefined ? undefined : (await userNamed(user, auth)).id,
    kind: kind === undefined ? undefined : kindOf(kind),
    since: since === undefined ? undefined : momentAgo(since),
    limit: parseCount(limit, '--limit', [1, 1000]),
  }
}

function kindOf(text: string): EventKind {
  const kind = EVENT_KINDS.find((known) => known === text)
  if (kind !== undefined) return kind
  const close = nearest(text, EVENT_KINDS)
  throw new UsageError(
    `There is no kind ${JSON.stringify(text)} of event${close === undefined ? ': watchword help events lists them' : `; did you mean ${close}?`}`,
  )
}

function momentAgo(text: string): UnixSeconds {
  const length = secondsOf(text)
  if (length === undefined)
    throw new UsageError('--since takes a length of time: 30m, 12h or 7d.')
  return (systemClock() - length) as UnixSeconds
}

/** Users by their ids, each looked up once. */
function namesOf(auth: Watchword<User>): (id: UserId | undefined) => Promise<string> {
  const known = new Map<UserId, Promise<string>>()
  return async (id) => {
    if (id === undefined) return '–'
    const name =
      known.get(id) ?? auth.users.find({ id }).then((user) => user?.username ?? id)
    known.set(id, name)
    return name
  }
}

const HEADINGS = ['TIME (UTC)', 'EVENT', 'USER', 'ADDRESS', 'BY', 'SESSION', 'DETAIL']

const rowOf = (event: AuditEvent, user: string): readonly string[] => [
  isoOf(event.at).slice(0, 19).replace('T', ' '),
  event.kind,
  user,
  event.address ?? '–',
  event.actor ?? '–',
  event.sessionId ?? '–',
  Object.entries(event.detail)
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(' '),
]

const toJson = (event: AuditEvent): object => ({
  id: event.id,
  at: isoOf(event.at),
  kind: event.kind,
  user_id: event.userId ?? null,
  session_id: event.sessionId ?? null,
  actor: event.actor ?? null,
  address: event.address ?? null,
  request_id: event.requestId ?? null,
  detail: event.detail,
})

const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** What is printed before what comes: a table for people; for programs a line an event, as those that follow. */
const linesOf = (
  { text }: CommandOutput,
  shown: readonly AuditEvent[],
): readonly CommandOutput[] =>
  shown.map((event, index) => ({
    text: text.split('\n')[index + 1] ?? '',
    json: toJson(event),
  }))

const INTERVAL = 1000

/** Seconds by which the clocks of those who write may differ, and for which a write may be on its way. */
const LOOK_BACK = 10

/** Prints each event once, in the order in which it is seen, until the process is told to end. */
async function follow(
  auth: Watchword<User>,
  { userId, kind }: Query,
  shown: readonly AuditEvent[],
  print: (event: AuditEvent) => Promise<void>,
): Promise<void> {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  process.once('SIGINT', end).once('SIGTERM', end)
  let upTo = shown.at(-1)?.at ?? systemClock()
  const recently = () =>
    auth.events.list({ userId, kind, since: upTo - LOOK_BACK, limit: 1000 })
  let seen = new Set(
    (await recently()).filter(({ at }) => at <= upTo).map(({ id }) => id),
  )
  while (!ended.signal.aborted) {
    const recent = await recently()
    for (const event of [...recent].reverse()) if (!seen.has(event.id)) await print(event)
    seen = new Set(recent.map(({ id }) => id))
    upTo = recent[0]?.at ?? upTo
    await sleep(INTERVAL, undefined, { signal: ended.signal }).catch(() => undefined)
  }
  process.off('SIGINT', end).off('SIGTERM', end)
}

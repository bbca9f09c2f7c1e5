import { ifDefined, listOf } from '../../../base/optional.ts'
import type { KeySummary } from '../../../keys/key-ring.ts'
import type { Health, HealthStatus } from '../../../observability/health.ts'
import { type Tone, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import type { Attention } from './attention.ts'
import { stageTag } from './keys.ts'
import type { StaffVisit } from './staff-visit.ts'
import { numberText } from './text.ts'

const STATUS: Readonly<Record<HealthStatus, readonly [string, Tone]>> = {
  ok: ['working', 'good'],
  degraded: ['degraded', 'warn'],
  down: ['down', 'bad'],
}

/** A part of an instance, and what to do if it does not work. */
interface Part {
  readonly name: string
  readonly status: HealthStatus
  readonly text: string
  readonly advice: string
}

const partsOf = (health: Health): readonly Part[] => [
  {
    name: 'Database',
    status: health.store.status,
    text: 'answers within a second',
    advice: 'Look at the database server and its disk. Requests are answered with 503.',
  },
  {
    name: 'Keys',
    status: health.keys.status,
    text: 'the key that signs can be read',
    advice:
      'Start this process with the secret that encrypted the keys (WATCHWORD_SECRET).',
  },
  ...optionalParts(health),
]

const optionalParts = ({ revocations, redis, clock }: Health): readonly Part[] => [
  ...listOf(ifDefined(revocations, feedPart)),
  ...listOf(ifDefined(redis, redisPart)),
  ...listOf(ifDefined(clock, clockPart)),
]

type Of<Name extends keyof Health> = Exclude<Health[Name], undefined>

const feedPart = ({ status, entries, age }: Of<'revocations'>): Part => ({
  name: 'Revocation feed',
  status,
  text: `${numberText(entries)} revoked sessions; ${age} s behind`,
  advice: 'The feed is behind: each check reads the database. Look at its connection.',
})

const redisPart = ({ status }: Of<'redis'>): Part => ({
  name: 'Redis',
  status,
  text: 'counters of throttles',
  advice: 'Redis does not answer: each process counts for itself. Start it again.',
})

const clockPart = ({ status, ahead }: Of<'clock'>): Part => ({
  name: 'Clock',
  status,
  text: `${ahead} s ahead of the database`,
  advice: 'Synchronize the clock of this machine (NTP).',
})

export const healthProblems = (health: Health): readonly Attention[] =>
  partsOf(health)
    .filter(({ status }) => status !== 'ok')
    .map(({ name, status, advice }) => {
      const [word, tone] = STATUS[status]
      return { text: html`${name}: ${word}.`, advice, word, tone }
    })

export const healthTable = (health: Health, { core }: StaffVisit): Html =>
  table<Part>(
    'Health of this process',
    [
      { title: 'Part', cell: ({ name }) => name },
      { title: 'State', cell: ({ status }) => tag(...STATUS[status]) },
      { title: 'Detail', cell: ({ text }) => text },
    ],
    [...partsOf(health), hashingPart(core.stats().hashing)],
  )

function hashingPart({ running, waiting, refused }: Hashing): Part {
  const text = `${running} running, ${waiting} waiting, ${refused} refused since the start`
  const part = { name: 'Password hashing', text, advice: '' }
  if (waiting > 0) return { ...part, status: 'degraded' }
  return { ...part, status: 'ok' }
}

type Hashing = ReturnType<StaffVisit['core']['stats']>['hashing']

export function keyTable(keys: readonly KeySummary[]): HtmlValue {
  if (keys.length === 0)
    return html`<h2>Signing keys</h2><p class="empty">The keys come from the options.</p>`
  return html`${table<KeySummary>(
    'Signing keys',
    [
      { title: 'Key', cell: ({ id }) => html`<code>${id.slice(0, 12)}…</code>` },
      { title: 'Stage', cell: ({ stage }) => stageTag(stage) },
      { title: 'Until', cell: ({ verifiesUntil }) => untilText(verifiesUntil) },
    ],
    keys,
  )}<p><a href="/console/keys/">All keys</a></p>`
}

const untilText = (verifiesUntil: number | undefined): HtmlValue =>
  ifDefined(verifiesUntil, (moment) => html`verifies until ${dateOf(moment)}`) ??
  'the next rotation'

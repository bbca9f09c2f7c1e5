import { days, minutes } from '../../../base/clock.ts'
import type { KeySummary } from '../../../keys/key-ring.ts'
import type { Health, HealthStatus } from '../../../observability/health.ts'
import { type Tone, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import { activityWritten } from '../activity.ts'
import {
  ACTIVITIES,
  type Activity,
  type ActivityCount,
  type Count,
  SLOT,
} from '../listing.ts'
import { consoleStore } from '../store.ts'
import { type Attention, attentionOf } from './attention.ts'
import { type Bar, chart } from './chart.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { consolePage, countText, numberText } from './shell.ts'

interface Period {
  readonly name: string
  readonly text: string
  /** Seconds. */
  readonly length: number
  /** Seconds of one bar: a multiple of half an hour. */
  readonly bar: number
  readonly barText: string
}

const HALF_HOUR = minutes(30)
const DAY: Period = {
  name: '24h',
  text: '24 hours',
  length: days(1),
  bar: HALF_HOUR,
  barText: 'half hour',
}
const PERIODS: readonly Period[] = [
  { ...DAY, name: '6h', text: '6 hours', length: days(0.25) },
  DAY,
  {
    ...DAY,
    name: '7d',
    text: '7 days',
    length: days(7),
    bar: days(0.25),
    barText: '6 hours',
  },
  {
    ...DAY,
    name: '30d',
    text: '30 days',
    length: days(30),
    bar: days(1),
    barText: 'day',
  },
]

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core } = visit
    const period = PERIODS.find(({ name }) => name === visit.query.get('period')) ?? DAY
    const reads = core.ports(consoleStore).console
    await activityWritten(core)
    const begin = beginOf(period, visit.now)
    const [activity, active, users, health, keys, attention] = await Promise.all([
      reads.listActivity(begin - period.length, period.bar),
      reads.countActiveSessions(core.clock()),
      reads.countUsers(),
      core.health(),
      core.keys.list(),
      attentionOf(visit, begin),
    ])
    return overviewPage(visit, {
      ...{ period, begin, activity, active, users, health, keys },
      attention: [...healthProblems(health), ...attention],
    })
  },
}

export const overview = forStaff(handlers)

/** The last bar ends after now. */
const beginOf = ({ length, bar }: Period, now: number): number =>
  (Math.floor(now / bar) + 1) * bar - length

interface Data {
  readonly period: Period
  readonly begin: number
  /** Of the period, and of the one before it. */
  readonly activity: readonly ActivityCount[]
  readonly active: Count
  readonly users: Count
  readonly health: Health
  readonly keys: readonly KeySummary[]
  readonly attention: readonly Attention[]
}

const overviewPage = (visit: StaffVisit, data: Data): Html =>
  consolePage(visit, {
    title: 'Overview',
    current: 'overview',
    main: html`<div class="row"><h1>Overview</h1><nav class="tabs push" aria-label="Period">${PERIODS.map((each) => periodLink(each, data.period))}</nav></div>
${figures(data)}
<div class="split lead"><div class="flow">${charts(data)}</div>${attentionList(data.attention)}</div>
<details><summary>Figures of the charts as a table</summary>${figureTable(data)}</details>
<div class="split"><section>${healthTable(data.health, visit)}</section><section>${keyTable(data.keys)}</section></div>`,
  })

const periodLink = ({ name, text }: Period, chosen: Period): Html =>
  name === chosen.name
    ? html`<a href="/console/?period=${name}" aria-current="true">${text}</a>`
    : html`<a href="/console/?period=${name}">${text}</a>`

type Sums = Readonly<Record<Activity, number>>

/** Sums of the counts that a moment belongs to. */
function sumsOf(activity: readonly ActivityCount[], from: number, until: number): Sums {
  const sums = Object.fromEntries(ACTIVITIES.map((kind) => [kind, 0])) as Record<
    Activity,
    number
  >
  for (const { kind, at, count } of activity)
    if (at >= from && at < until && kind in sums) sums[kind] += count
  return sums
}

function figures({ activity, begin, period, active, users }: Data): Html {
  const now = sumsOf(activity, begin, Number.POSITIVE_INFINITY)
  const before = sumsOf(activity, begin - period.length, begin)
  const attempts = now.signed_in + now.sign_in_failed
  const all: readonly (readonly [string, string, string])[] = [
    [
      'Sign-ins',
      numberText(now.signed_in),
      comparedText(now.signed_in, before.signed_in),
    ],
    [
      'Failed sign-ins',
      numberText(now.sign_in_failed),
      attempts === 0
        ? 'no attempts'
        : `${percent(now.sign_in_failed / attempts)} of all attempts`,
    ],
    ['Throttled', numberText(now.sign_in_throttled), 'passwords that were not checked'],
    [
      'Refreshes',
      numberText(now.refreshed),
      comparedText(now.refreshed, before.refreshed),
    ],
    [
      'Revoked sessions',
      numberText(now.session_revoked),
      comparedText(now.session_revoked, before.session_revoked),
    ],
    ['Active sessions', countText(active), `of ${countText(users)} users`],
  ]
  return html`<dl class="figures">${all.map(([name, value, text]) => html`<div><dt>${name}</dt><dd>${value}</dd><dd>${text}</dd></div>`)}</dl>`
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function comparedText(now: number, before: number): string {
  if (before === 0) return 'none in the period before'
  const change = Math.round((now / before - 1) * 100)
  if (change === 0) return 'as in the period before'
  return `${Math.abs(change)} % ${change > 0 ? 'more' : 'less'} than in the period before`
}

/** The begin of each bar, and its sums. */
function slotsOf({ activity, begin, period }: Data) {
  const count = Math.round(period.length / period.bar)
  return Array.from({ length: count }, (_, index) => {
    const from = begin + index * period.bar
    return { from, sums: sumsOf(activity, from, from + period.bar) }
  })
}

const slotText = (from: number, { bar }: Period): string => {
  const iso = new Date(from * 1000).toISOString()
  if (bar >= days(1)) return iso.slice(5, 10)
  return bar > SLOT ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16)
}

function charts(data: Data): Html {
  const slots = slotsOf(data)
  const barsOf = (above: Activity, below: Activity): readonly Bar[] =>
    slots.map(({ from, sums }) => ({
      from: slotText(from, data.period),
      above: sums[above],
      below: sums[below],
    }))
  const each = `each ${data.period.barText}, UTC`
  return html`${chart({ title: `Sign-ins and failures, ${each}`, above: 'sign-ins', below: 'failures', bars: barsOf('signed_in', 'sign_in_failed') })}
${chart({ title: `Refreshes and revocations, ${each}`, above: 'refreshes', below: 'revocations', bars: barsOf('refreshed', 'session_revoked') })}`
}

const figureTable = (data: Data): Html =>
  table(
    `Each ${data.period.barText}, UTC, the newest first`,
    [
      {
        title: 'From',
        cell: ({ from }: ReturnType<typeof slotsOf>[number]) =>
          slotText(from, data.period),
      },
      {
        title: 'Sign-ins',
        isNumber: true,
        cell: ({ sums }) => numberText(sums.signed_in),
      },
      {
        title: 'Failures',
        isNumber: true,
        cell: ({ sums }) => numberText(sums.sign_in_failed),
      },
      {
        title: 'Throttled',
        isNumber: true,
        cell: ({ sums }) => numberText(sums.sign_in_throttled),
      },
      {
        title: 'Refreshes',
        isNumber: true,
        cell: ({ sums }) => numberText(sums.refreshed),
      },
      {
        title: 'Revocations',
        isNumber: true,
        cell: ({ sums }) => numberText(sums.session_revoked),
      },
    ],
    slotsOf(data).toReversed(),
  )

const attentionList = (all: readonly Attention[]): Html =>
  html`<section aria-labelledby="attention"><h2 id="attention">Needs attention</h2>
${all.length === 0 ? html`<p class="empty">Nothing. Reused tokens, throttled sign-ins, mails that fail and parts that do not answer appear here.</p>` : html`<ul class="items">${all.map(attentionItem)}</ul>`}
</section>`

const attentionItem = ({ text, advice, word, tone }: Attention): Html =>
  html`<li><div>${text}<p class="hint">${advice}</p></div>${tag(word, tone)}</li>`

const STATUS: Readonly<Record<HealthStatus, readonly [string, Tone]>> = {
  ok: ['working', 'good'],
  degraded: ['degraded', 'warn'],
  down: ['down', 'bad'],
}

interface Part {
  readonly name: string
  readonly status: HealthStatus
  readonly text: string
  readonly advice: string
}

/** The parts of an instance, and what to do if one does not work. */
function partsOf(health: Health): readonly Part[] {
  const { store, keys, revocations, clock, redis } = health
  const parts: Part[] = [
    {
      name: 'Database',
      status: store.status,
      text: 'answers within a second',
      advice: 'Look at the database server and its disk. Requests are answered with 503.',
    },
    {
      name: 'Keys',
      status: keys.status,
      text: 'the key that signs can be read',
      advice:
        'Start this process with the secret that encrypted the keys (WATCHWORD_SECRET).',
    },
  ]
  if (revocations !== undefined)
    parts.push({
      name: 'Revocation feed',
      status: revocations.status,
      text: `${numberText(revocations.entries)} revoked sessions; ${revocations.age} s behind`,
      advice:
        'The feed is behind: each check reads the database. Look at its connection.',
    })
  if (redis !== undefined)
    parts.push({
      name: 'Redis',
      status: redis.status,
      text: 'counters of throttles',
      advice: 'Redis does not answer: each process counts for itself. Start it again.',
    })
  if (clock !== undefined)
    parts.push({
      name: 'Clock',
      status: clock.status,
      text: `${clock.ahead} s ahead of the database`,
      advice: 'Synchronize the clock of this machine (NTP).',
    })
  return parts
}

const healthProblems = (health: Health): readonly Attention[] =>
  partsOf(health)
    .filter(({ status }) => status !== 'ok')
    .map(({ name, status, advice }) => ({
      text: html`${name}: ${STATUS[status][0]}.`,
      advice,
      word: STATUS[status][0],
      tone: STATUS[status][1],
    }))

function healthTable(health: Health, { core }: StaffVisit): Html {
  const { running, waiting, refused } = core.stats().hashing
  const hashing: Part = {
    name: 'Password hashing',
    status: waiting > 0 ? 'degraded' : 'ok',
    text: `${running} running, ${waiting} waiting, ${refused} refused since the start`,
    advice: '',
  }
  return table(
    'Health of this process',
    [
      { title: 'Part', cell: ({ name }: Part) => name },
      { title: 'State', cell: ({ status }) => tag(...STATUS[status]) },
      { title: 'Detail', cell: ({ text }) => text },
    ],
    [...partsOf(health), hashing],
  )
}

const keyTable = (keys: readonly KeySummary[]): HtmlValue =>
  keys.length === 0
    ? html`<h2>Signing keys</h2><p class="empty">The keys come from the options.</p>`
    : html`${table(
        'Signing keys',
        [
          {
            title: 'Key',
            cell: ({ id }: KeySummary) => html`<code>${id.slice(0, 12)}…</code>`,
          },
          {
            title: 'Stage',
            cell: ({ stage }) => tag(stage, stage === 'current' ? 'now' : undefined),
          },
          {
            title: 'Until',
            cell: ({ verifiesUntil }) =>
              verifiesUntil === undefined
                ? 'the next rotation'
                : html`verifies until ${dateOf(verifiesUntil)}`,
          },
        ],
        keys,
      )}<p><a href="/console/keys/">All keys</a></p>`

import { table } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import { ACTIVITIES, type Activity, type ActivityCount } from '../listing.ts'
import { type Bar, chart } from './chart.ts'
import type { OverviewData } from './overview-data.ts'
import { barBegin } from './periods.ts'
import { countText, numberText } from './text.ts'

type Data = Pick<OverviewData, 'activity' | 'begin' | 'period'>
type Sums = Readonly<Record<Activity, number>>

/** Sums of the counts that a moment belongs to. */
function sumsOf(activity: readonly ActivityCount[], from: number, until: number): Sums {
  const counted = activity.filter(({ at }) => at >= from && at < until)
  const sumOf = (kind: Activity): number =>
    counted
      .filter((each) => each.kind === kind)
      .reduce((sum, { count }) => sum + count, 0)
  return Object.fromEntries(ACTIVITIES.map((kind) => [kind, sumOf(kind)])) as Sums
}

/** The figures at the top, compared with the period before. */
export function figures(data: Data & Pick<OverviewData, 'active' | 'users'>): Html {
  const { activity, begin, period, active, users } = data
  const now = sumsOf(activity, begin, Number.POSITIVE_INFINITY)
  const before = sumsOf(activity, begin - period.length, begin)
  const compared = (title: string, kind: Activity) =>
    figure(title, numberText(now[kind]), comparedText(now[kind], before[kind]))
  const throttled = numberText(now.sign_in_throttled)
  return html`<dl class="figures">${[
    compared('Sign-ins', 'signed_in'),
    figure('Failed sign-ins', numberText(now.sign_in_failed), shareOfFailed(now)),
    figure('Throttled', throttled, 'passwords that were not checked'),
    compared('Refreshes', 'refreshed'),
    compared('Revoked sessions', 'session_revoked'),
    figure('Active sessions', countText(active), `of ${countText(users)} users`),
  ]}</dl>`
}

const figure = (name: string, value: string, text: string): Html =>
  html`<div><dt>${name}</dt><dd>${value}</dd><dd>${text}</dd></div>`

function shareOfFailed({ signed_in: ok, sign_in_failed: failed }: Sums): string {
  const attempts = ok + failed
  if (attempts === 0) return 'no attempts'
  return `${((failed / attempts) * 100).toFixed(1)} % of all attempts`
}

function comparedText(now: number, before: number): string {
  if (before === 0) return 'none in the period before'
  const change = Math.round((now / before - 1) * 100)
  if (change === 0) return 'as in the period before'
  if (change > 0) return `${change} % more than in the period before`
  return `${-change} % less than in the period before`
}

interface Slot {
  readonly from: number
  readonly sums: Sums
}

/** The begin of each bar, and its sums. */
function slotsOf({ activity, begin, period }: Data): readonly Slot[] {
  const count = Math.round(period.length / period.bar)
  return Array.from({ length: count }, (_, index) => {
    const from = begin + index * period.bar
    return { from, sums: sumsOf(activity, from, from + period.bar) }
  })
}

/** Sign-ins and refreshes over time. */
export function charts(data: Data): Html {
  const slots = slotsOf(data)
  const barsOf = (above: Activity, below: Activity): readonly Bar[] =>
    slots.map(({ from, sums }) => ({
      from: barBegin(from, data.period),
      above: sums[above],
      below: sums[below],
    }))
  const each = `each ${data.period.barText}, UTC`
  return html`${chart({ title: `Sign-ins and failures, ${each}`, above: 'sign-ins', below: 'failures', bars: barsOf('signed_in', 'sign_in_failed') })}
${chart({ title: `Refreshes and revocations, ${each}`, above: 'refreshes', below: 'revocations', bars: barsOf('refreshed', 'session_revoked') })}`
}

const COLUMNS = [
  ['Sign-ins', 'signed_in'],
  ['Failures', 'sign_in_failed'],
  ['Throttled', 'sign_in_throttled'],
  ['Refreshes', 'refreshed'],
  ['Revocations', 'session_revoked'],
] as const

/** The same in figures. */
export const activityTable = (data: Data): Html =>
  table<Slot>(
    `Each ${data.period.barText}, UTC, the newest first`,
    [
      { title: 'From', cell: ({ from }) => barBegin(from, data.period) },
      ...COLUMNS.map(([title, kind]) => ({
        title,
        isNumber: true,
        cell: ({ sums }: Slot) => numberText(sums[kind]),
      })),
    ],
    slotsOf(data).toReversed(),
  )

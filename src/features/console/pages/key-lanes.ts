import { days } from '../../../base/clock.ts'
import type { KeySummary } from '../../../keys/key-ring.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'

/** A key, and when it signs. */
export interface KeySpan extends KeySummary {
  /** `undefined`: not yet. */
  readonly signsFrom: number | undefined
  /** `undefined`: still. */
  readonly signsUntil: number | undefined
}

const WIDTH = 240

/** The generations of keys on one time line: outlined while published, filled while signing, pale while verifying. */
export function keyLanes(spans: readonly KeySpan[], now: number): Html {
  const begin = Math.min(...spans.map(({ createdAt }) => createdAt)) - days(1)
  const ends = spans.map(({ verifiesUntil }) => verifiesUntil ?? now)
  const end = Math.max(now + days(7), ...ends.filter(Number.isFinite))
  const x = (moment: number): number =>
    Math.round(((Math.min(Math.max(moment, begin), end) - begin) / (end - begin)) * WIDTH)
  return html`<figure class="chart panel"><figcaption class="row"><strong>Generations</strong>
${legend('d', 'M1 1h10v10H1z', 'published', 'push')}${legend('a', 'M0 0h12v12H0z', 'signs')}${legend('c', 'M0 0h12v12H0z', 'verifies only')}${legend('rule now', 'M6 0v12', 'today')}
</figcaption>
${spans.map((span) => lane(span, now, x))}
<div class="axis x" aria-hidden="true"><span>${dateOf(begin)}</span><span>${dateOf(end)}</span></div>
</figure>`
}

const legend = (kind: string, path: string, text: string, place = 'item'): Html =>
  html`<span class="${place}"><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><path class="${kind}" d="${path}"/></svg>${text}</span>`

function lane(span: KeySpan, now: number, x: (moment: number) => number): Html {
  const { id, createdAt, signsFrom, signsUntil, verifiesUntil } = span
  const published = bar('d', x(createdAt), x(signsFrom ?? now))
  const signing = signsFrom !== undefined && bar('a', x(signsFrom), x(signsUntil ?? now))
  const verifying =
    signsUntil !== undefined && bar('c', x(signsUntil), x(verifiesUntil ?? now))
  return html`<code aria-hidden="true">${id.slice(0, 8)}</code>
<svg class="lane" viewBox="0 0 ${WIDTH} 20" preserveAspectRatio="none" role="img" aria-label="${laneText(span)}"><path class="rule" d="M0 19.5h${WIDTH}"/>${published}${signing}${verifying}<path class="rule now" d="M${x(now)} 0v20"/></svg>`
}

const bar = (kind: string, from: number, to: number): HtmlValue =>
  to > from && html`<path class="${kind}" d="M${from} 3h${to - from}v14h-${to - from}z"/>`

/** The lane in words. */
function laneText({
  id,
  stage,
  createdAt,
  signsFrom,
  signsUntil,
  verifiesUntil,
}: KeySpan) {
  const parts = [`published since ${dayText(createdAt)}`]
  if (signsFrom !== undefined && signsUntil === undefined)
    parts.push(`signs since ${dayText(signsFrom)}`)
  if (signsFrom !== undefined && signsUntil !== undefined)
    parts.push(`signed from ${dayText(signsFrom)} to ${dayText(signsUntil)}`)
  if (verifiesUntil !== undefined) parts.push(`verifies until ${dayText(verifiesUntil)}`)
  return `${id.slice(0, 8)}, ${stage}: ${parts.join(', ')}`
}

const dayText = (moment: number): string =>
  new Date(moment * 1000).toISOString().slice(0, 10)

import { type Html, html } from '../../../pages/html.ts'
import { numberText } from './text.ts'

/** One bar above the line and one below. */
export interface Bar {
  /** Such as `12:30`. */
  readonly from: string
  readonly above: number
  readonly below: number
}

export interface ChartParts {
  readonly title: string
  /** Such as `sign-ins`. */
  readonly above: string
  /** Such as `failures`. */
  readonly below: string
  readonly bars: readonly Bar[]
}

const HEIGHT = 120
const STEP = 10

/**
 * Bars above and below one line, so that two series differ without colour. Its labels are HTML; the figures are in the table of
 * the page, and the sentence is for screen readers.
 */
export function chart({ title, above, below, bars }: ChartParts): Html {
  const step = stepOf(Math.max(...bars.flatMap((bar) => [bar.above, bar.below])))
  const up = stepsOf(bars, 'above', step)
  const down = stepsOf(bars, 'below', step)
  const unit = HEIGHT / ((up + down) * step)
  const line = Math.round(up * step * unit)
  const marks = Array.from({ length: up + down + 1 }, (_, n) => Math.abs(up - n) * step)
  const width = bars.length * STEP
  const labels = [0, 1, 2, 3].map(
    (n) => bars[Math.floor((n * bars.length) / 4)]?.from ?? '',
  )
  return html`<figure class="chart panel"><figcaption class="row"><strong>${title}</strong>${legend('a', `${above} (up)`)}${legend('b', `${below} (down)`)}</figcaption>
<div class="axis y" aria-hidden="true">${marks.map((mark) => html`<span>${numberText(mark)}</span>`)}</div>
<svg class="plot" viewBox="0 0 ${width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${sentence({ title, above, below, bars })}">
<path class="rule" d="M0 .5h${width}M0 ${HEIGHT - 0.5}h${width}"/>
${bars.map((bar, index) => barOf(bar, index, { unit, line, above, below }))}
<path class="rule now" d="M0 ${line}h${width}"/>
</svg>
<div class="axis x" aria-hidden="true">${[...labels, 'now'].map((label) => html`<span>${label}</span>`)}</div>
</figure>`
}

/** The series above the line is shown with its bar moved down, that below with its bar moved up. */
const LEGENDS = {
  a: { place: 'push', path: 'M0 2h12v10H0z' },
  b: { place: 'item', path: 'M0 0h12v10H0z' },
} as const

function legend(kind: 'a' | 'b', text: string): Html {
  const { place, path } = LEGENDS[kind]
  return html`<span class="${place}"><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><path class="${kind}" d="${path}"/></svg>${text}</span>`
}

interface Scale {
  readonly unit: number
  readonly line: number
  readonly above: string
  readonly below: string
}

function barOf(bar: Bar, index: number, { unit, line, above, below }: Scale): Html {
  const x = index * STEP + 1
  const up = Math.round(bar.above * unit * 10) / 10
  const down = Math.round(bar.below * unit * 10) / 10
  return html`<g><title>${bar.from}: ${numberText(bar.above)} ${above}, ${numberText(bar.below)} ${below}</title><path class="a" d="M${x} ${line - up}h8V${line}h-8z"/><path class="b" d="M${x} ${line}h8v${down}h-8z"/></g>`
}

/** One of 1, 2, 5, 10, 20, 50 …: at most four fit into the largest value. */
function stepOf(most: number): number {
  if (!(most > 2)) return 1
  const size = 10 ** Math.floor(Math.log10(most / 2))
  return [1, 2, 5, 10].map((n) => n * size).find((each) => each * 4 >= most) ?? most
}

/** Both series have one scale, and the marks are at equal distances. */
const stepsOf = (bars: readonly Bar[], of: 'above' | 'below', step: number): number =>
  Math.max(1, ...bars.map((bar) => Math.ceil(bar[of] / step)))

const sentence = ({ title, above, below, bars }: ChartParts): string =>
  `${title}. ${mostText(bars, 'above', above)} ${mostText(bars, 'below', below)}`

function mostText(bars: readonly Bar[], of: 'above' | 'below', name: string): string {
  const [most] = bars.toSorted((a, b) => b[of] - a[of])
  if (most === undefined || most[of] === 0) return `No ${name}.`
  return `Most ${name}: ${numberText(most[of])}, from ${most.from}.`
}

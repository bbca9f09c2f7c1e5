import type { Finding } from './measure.ts'

type Quotient = Finding['quotients'][number]

/** Formats a result for people: figures, then bounds. */
export function lines({
  asks,
  unit,
  stats,
  quotients,
  rounds,
  how,
  leftOut,
}: Finding): readonly string[] {
  const width = Math.max(...stats.map(({ name }) => name.length), 0)
  const compared = quotients.map(
    ({ of, to, above }) =>
      `${of} / ${to}${above === undefined ? '' : `, both above ${above}`}`,
  )
  const wide = Math.max(...compared.map((text) => text.length), 0)
  return [
    `${asks} (${unit}; medians of ${rounds} rounds, quartiles in brackets)`,
    ...(how === undefined ? [] : [`  ${how}`]),
    ...stats.map((figure) => `  ${figure.name.padEnd(width)}  ${spread(figure)}`),
    ...quotients.map(
      (quotient, i) => `  ${compared[i]!.padEnd(wide)}  ${verdict(quotient)}`,
    ),
    ...leftOut.map((why) => `  left out: ${why}`),
    '',
  ]
}

function verdict(quotient: Quotient): string {
  const { atLeast, atMost, reached, median } = quotient
  const figure = `${spread(quotient)} ×`
  if (reached === undefined) return figure
  const bar = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  return `${figure}   ${bar}   ${reached ? 'reached' : `NOT REACHED, by ${missing(median, (atLeast ?? atMost)!)}`}`
}

const missing = (figure: number, bar: number): string =>
  `${Math.abs((figure / bar - 1) * 100).toFixed(1)} %`

const spread = ({
  low,
  median,
  high,
}: {
  readonly low: number
  readonly median: number
  readonly high: number
}) => `${digits(median).padStart(8)}  [${digits(low)} – ${digits(high)}]`

/** Three significant digits, with a separator of thousands. */
const digits = (figure: number): string =>
  figure >= 100 ? Math.round(figure).toLocaleString('en') : figure.toPrecision(3)

export function summary(findings: readonly Finding[]): string {
  const judged = findings
    .flatMap(({ quotients }) => quotients)
    .filter(({ reached }) => reached !== undefined)
  const missed = judged.filter(({ reached }) => reached === false)
  return `${judged.length - missed.length} of ${judged.length} bars reached`
}

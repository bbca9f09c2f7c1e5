/** Rows under headings, in columns as wide as their widest cell. */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [headings, ...rows].map((row) => row.map(printable))
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => widthOf(line[column] ?? ''))),
  )
  const pad = (cell: string, column: number): string =>
    cell + ' '.repeat(widths[column]! - widthOf(cell))
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}

/** Characters that move the cursor or hide text are shown as `?`: names come from outside. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')

const widthOf = (text: string): number => [...text].length

export const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

/** `2027-03-02 09:30`, UTC; `–` where there is no moment. */
export const momentOf = (seconds: number | undefined): string =>
  seconds === undefined
    ? '–'
    : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')

/** `2027-03-02T09:30:00Z`, for programs. */
export const isoOf = (seconds: number | undefined): string | null =>
  seconds === undefined
    ? null
    : new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`

import { printable } from './format.ts'

/** Rows below headings, in columns as wide as their widest cell. */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const lines = [headings, ...rows].map((row) => row.map(printable))
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => widthOf(line[column] ?? ''))),
  )
  const pad = (cell: string, column: number): string =>
    cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}

const widthOf = (text: string): number => [...text].length

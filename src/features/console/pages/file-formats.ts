/** Spreadsheets run a value that begins with one of these as a formula (OWASP, CSV Injection). */
const FORMULA = /^\s*[=+\-@\t\r\n]/

/** A value in quotes (RFC 4180), which no spreadsheet runs. */
export function csvValue(value: unknown): string {
  if (value === null || value === undefined) return ''
  return `"${harmless(textOf(value)).replaceAll('"', '""')}"`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  return JSON.stringify(value)
}

function harmless(text: string): string {
  if (FORMULA.test(text)) return `'${text}`
  return text
}

type Values = Readonly<Record<string, unknown>>

export interface Format {
  readonly mediaType: string
  /** Before the first row. */
  head(columns: readonly string[]): string
  row(values: Values, columns: readonly string[]): string
}

/** The formats of files, by the ends of their names. */
export const FORMATS: Readonly<Record<string, Format>> = {
  csv: {
    mediaType: 'text/csv; charset=utf-8',
    head: (columns) => `${columns.join(',')}\r\n`,
    row: (values, columns) =>
      `${columns.map((name) => csvValue(values[name])).join(',')}\r\n`,
  },
  jsonl: {
    mediaType: 'application/jsonl; charset=utf-8',
    head: () => '',
    row: (values) => `${JSON.stringify(values)}\n`,
  },
}

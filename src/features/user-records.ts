import { tableOf } from '../command/table.ts'

/** Rows that a feature stores of a user. */
export interface UserRecords {
  /** Their member in JSON. */
  readonly name: string
  /** For programs: no secret, and times in ISO 8601. */
  readonly json: readonly object[]
  /** For people: a table; empty without rows. */
  readonly text: string
}

/** @param columns what each column shows of a row, by its heading */
export const userRecords = <Row>(
  name: string,
  rows: readonly Row[],
  toJson: (row: Row) => object,
  columns: Readonly<Record<string, (row: Row) => string>>,
): UserRecords => ({
  name,
  json: rows.map(toJson),
  text: rows.length === 0 ? '' : tableOf(Object.keys(columns), cellsOf(rows, columns)),
})

const cellsOf = <Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => string>>,
): readonly (readonly string[])[] =>
  rows.map((row) => Object.values(columns).map((cell) => cell(row)))

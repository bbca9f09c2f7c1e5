/** Whether a value can be stored in PostgreSQL: no NUL, no lone surrogate (SQLite would keep or change them). */
export const isStorable = (value: unknown): boolean =>
  typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed())

/** Replaces what cannot be stored by U+FFFD, so that client input cannot make a write fail. */
export const storable = (value: string): string =>
  value.toWellFormed().replaceAll('\0', '\ufffd')

/** PostgreSQL stores no NUL, and a lone surrogate would become another character in UTF-8. SQLite would keep or change them. */
export const isStorable = (value: unknown): boolean =>
  typeof value !== 'string' || (!value.includes('\0') && value.isWellFormed())

/** A text that nothing has validated, with U+FFFD for what cannot be stored: a client must not be able to prevent a write. */
export const storable = (text: string): string =>
  text.toWellFormed().replaceAll('\0', '\ufffd')

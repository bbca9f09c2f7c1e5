/** The members of a type, all of them: what a data file may have. */
export type Members<T> = { readonly [Name in keyof Required<T>]: true }

/** A member of a data file that no code reads: what it says would be ignored. */
export const unknownMember = (value: object, known: object): string | undefined =>
  Object.keys(value).find((name) => !Object.hasOwn(known, name))

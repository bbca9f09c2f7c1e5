/** What a body says. */
export interface ParsedBody {
  /** By field name; of several with one name the last. A JSON number has become the text that Python has for it. */
  readonly values: ReadonlyMap<string, unknown>
  /** The names that a JSON body has more than once. */
  readonly repeated: ReadonlySet<string>
}

/** Members, list items, pairs or parts that a body may have in all (rule D1). */
export const MAX_MEMBERS = 1_000

export const collectFields = (values: ReadonlyMap<string, unknown>): ParsedBody => ({
  values,
  repeated: new Set(),
})

/** The fields of a body. */
export interface ParsedBody {
  /** Values by field name; the last one wins if a name is repeated. A JSON number is the string that Python writes for it. */
  readonly values: ReadonlyMap<string, unknown>
  /** The names that a JSON body has more than once. */
  readonly repeated: ReadonlySet<string>
}

/** Limit of members, array items, pairs and parts of a body, counted together (rule D1). */
export const MAX_MEMBERS = 1_000

export const collectFields = (values: ReadonlyMap<string, unknown>): ParsedBody => ({
  values,
  repeated: new Set(),
})

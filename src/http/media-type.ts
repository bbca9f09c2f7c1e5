/** A parsed media type, such as `text/plain; charset="utf-8"`. */
export interface MediaType {
  /** `type/subtype` in lower case, without parameters. */
  readonly type: string
  /** Unquoted values by lower-case name; the last one wins if a name is repeated. */
  readonly parameters: ReadonlyMap<string, string>
}

const PARAMETER = /;\s*([^=;\s]+)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g

/** Parses the parameters of RFC 9110 §5.6.6; what does not conform is read as far as possible. */
export function parseMediaType(text: string): MediaType {
  const end = text.indexOf(';')
  if (end === -1) return { type: text.trim().toLowerCase(), parameters: new Map() }
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(PARAMETER)) {
    const unquoted = quoted?.replace(/\\(.)/g, '$1')
    parameters.set(name.toLowerCase(), unquoted ?? plain.trim())
  }
  return { type: text.slice(0, end).trim().toLowerCase(), parameters }
}

/** A header's value such as `text/plain; charset="utf-8"`, taken apart. */
export interface MediaType {
  /** In lower case. */
  readonly type: string
  /** By name in lower case, unquoted; of several with one name the last. */
  readonly parameters: ReadonlyMap<string, string>
}

const PARAMETER = /;\s*([^=;\s]+)=(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g

/** Reads what RFC 9110 §5.6.6 allows, and what it does not as far as it can. */
export function parseMediaType(text: string): MediaType {
  const end = text.indexOf(';')
  if (end === -1) return { type: text.trim().toLowerCase(), parameters: new Map() }
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, plain = ''] of text.matchAll(PARAMETER)) {
    parameters.set(
      name.toLowerCase(),
      quoted === undefined ? plain.trim() : quoted.replace(/\\(.)/g, '$1'),
    )
  }
  return { type: text.slice(0, end).trim().toLowerCase(), parameters }
}

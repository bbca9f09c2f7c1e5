/** An origin as browsers write it in the header `Origin`, or what is wrong with a text and what to write. */
export type ParsedOrigin =
  | { readonly origin: string; readonly fault?: undefined }
  | { readonly fault: string }

/** Parses an origin without wildcards, such as `https://app.example.com` or `capacitor://localhost`. */
export function parseExactOrigin(text: string): ParsedOrigin {
  if (text.includes('*')) return { fault: `has a wildcard: list each origin${EXAMPLE}` }
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return { fault: schemeFault(text) }
  const url = URL.parse(text)
  if (url === null || url.host === '')
    return { fault: `is not an origin: write one${EXAMPLE}` }
  const origin = `${url.protocol}//${url.host}`
  if (/[/?#@]/.test(text.slice(text.indexOf('://') + 3)))
    return { fault: `has more than scheme, host and port: write "${origin}"` }
  return { origin }
}

const EXAMPLE = ', such as "https://app.example.com"'

function schemeFault(text: string): string {
  const url = URL.parse(`https://${text}`)
  if (text === 'null' || url === null || url.host === '')
    return `is not an origin: write one${EXAMPLE}`
  const scheme = isLocal(url.hostname) ? 'http' : 'https'
  return `has no scheme: write "${scheme}://${url.host}"`
}

const isLocal = (host: string): boolean =>
  host === 'localhost' || host.startsWith('127.') || host === '[::1]'

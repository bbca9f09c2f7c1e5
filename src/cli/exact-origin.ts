/** An origin as browsers write it in the header `Origin`, or what is wrong with a string and what to write. */
export type ParsedOrigin =
  | { readonly origin: string; readonly problem?: undefined }
  | { readonly problem: string }

/** Parses an origin without wildcards, such as `https://app.example.com` or `capacitor://localhost`. */
export function parseExactOrigin(value: string): ParsedOrigin {
  if (value.includes('*'))
    return { problem: `has a wildcard: list each origin${EXAMPLE}` }
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(value)) return { problem: schemeProblem(value) }
  const url = URL.parse(value)
  if (url === null || url.host === '')
    return { problem: `is not an origin: write one${EXAMPLE}` }
  // Browsers write every host in lower case; `URL` leaves that of an unknown scheme as it is.
  const origin = `${url.protocol}//${url.host.toLowerCase()}`
  if (/[/\\?#@]/.test(value.slice(value.indexOf('://') + 3)))
    return { problem: `has more than scheme, host and port: write "${origin}"` }
  return { origin }
}

const EXAMPLE = ', such as "https://app.example.com"'

function schemeProblem(value: string): string {
  const url = URL.parse(`https://${value}`)
  if (value === 'null' || url === null || url.host === '')
    return `is not an origin: write one${EXAMPLE}`
  const scheme = isLocal(url.hostname) ? 'http' : 'https'
  return `has no scheme: write "${scheme}://${url.host}"`
}

const isLocal = (host: string): boolean =>
  host === 'localhost' || host.startsWith('127.') || host === '[::1]'

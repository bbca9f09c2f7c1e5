/** What a MAC is for: one of another kind is not accepted. */
export type MacType = 'header' | 'response' | 'bewit' | 'message'

/** What a MAC covers. */
export interface HawkArtifacts {
  /** Seconds since 1970, in decimal. */
  readonly ts: string
  readonly nonce: string
  readonly method: string
  /** Path and query, as on the request line. */
  readonly resource: string
  /** As in a URL: an address of IPv6 has brackets. */
  readonly host: string
  readonly port: string
  /** The hash of the payload. */
  readonly hash?: string | undefined
  /** What the application adds. */
  readonly ext?: string | undefined
  /** The id of the application, and of the one that has delegated to it. */
  readonly app?: string | undefined
  readonly dlg?: string | undefined
}

/** The text that is signed. */
export function normalizedString(type: MacType, artifacts: HawkArtifacts): string {
  const { ts, nonce, method, resource, host, port } = artifacts
  const { hash = '', ext = '', app = '', dlg = '' } = artifacts
  const lines = [
    `hawk.1.${type}`,
    ts,
    nonce,
    method.toUpperCase(),
    resource,
    host.toLowerCase(),
    port,
    hash,
    ext.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
    ...(app === '' ? [] : [app, dlg]),
  ]
  return `${lines.join('\n')}\n`
}

/** What is hashed of a payload: this, the bytes of the body, and a line feed. @param contentType with parameters or without */
export const payloadStart = (contentType: string): string =>
  `hawk.1.payload\n${mediaTypeOf(contentType)}\n`

export const PAYLOAD_END = '\n'

const mediaTypeOf = (contentType: string): string => {
  const [type = ''] = contentType.split(';', 1)
  return type.trim().toLowerCase()
}

/** The text of which `tsm` is the MAC: a client may believe the time of a server that has its key. */
export const timestampText = (ts: string): string => `hawk.1.ts\n${ts}\n`

/** Host and port of an origin, such as `https://api.example.com`, as they are signed. */
export function hostAndPort(origin: string): Pick<HawkArtifacts, 'host' | 'port'> {
  const { hostname, port, protocol } = new URL(origin)
  if (port !== '') return { host: hostname, port }
  return { host: hostname, port: DEFAULT_PORTS[protocol] ?? '' }
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
}

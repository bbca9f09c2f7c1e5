import { request } from 'node:http'

/** What a browser sends when its user opens an address. */
export const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
} as const

export const ROUTE = { accept: 'application/vnd.watchword.route+json' } as const

export interface Received {
  readonly status: number
  /** By lower-case name; fields of one name are joined. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** Sends exactly these headers: `fetch` adds some that a browser's navigation has not. */
export const sent = (
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Received> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const fields = Object.entries(incoming.headers).map(
          ([name, value]) => [name, String(value)] as const,
        )
        const status = incoming.statusCode ?? 0
        resolve({ status, headers: Object.fromEntries(fields), text })
      })
    })
    outgoing.on('error', reject).end()
  })

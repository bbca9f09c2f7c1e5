import { opened } from '../conformance/forge.ts'
import type { JsonObject } from '../conformance/recording.ts'
import { exchange, requestText } from '../conformance/wire.ts'
import type { CaseInstance } from './fixture.ts'

export const CREDENTIALS = { username: 'alice', password: 'pw12345' }

/** A response: its status, its JSON, and its tokens decoded, not verified. */
export interface DecodedReply {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
  token(member: string): string
  claims(member: string): JsonObject
}

export const post = (
  here: CaseInstance,
  path: string,
  body: object,
): Promise<DecodedReply> =>
  send(
    here,
    'POST',
    path,
    [['Content-Type', 'application/json']],
    Buffer.from(JSON.stringify(body)),
  )

export const probe = (
  here: CaseInstance,
  token: string,
  path = '/probe/jwt/',
): Promise<DecodedReply> =>
  send(here, 'GET', path, [['Authorization', `Bearer ${token}`]])

async function send(
  { port }: CaseInstance,
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body?: Uint8Array,
): Promise<DecodedReply> {
  const reply = await exchange(
    port,
    requestText(port, { method, path, headers, body }),
    method,
  )
  const given = JSON.parse(reply.body.toString()) as { [member: string]: unknown }
  const token = (member: string): string => String(given[member])
  const claims = (member: string): JsonObject => {
    const known = opened(token(member))
    if (known === undefined) throw new Error(`${member} is no token: ${reply.body}`)
    return known.claims
  }
  return { status: reply.status, body: given, token, claims }
}

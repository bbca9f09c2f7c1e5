import assert from 'node:assert/strict'
import { guardOf } from '../../src/adapters/fetch.ts'
import type { Explanation } from '../../src/guard/explanation.ts'
import type { Requirement, Watchword } from '../../src/watchword.ts'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
  /** Of the client. */
  readonly address?: string
}

/** A guarded route of an instance, and what it answers to requests for an explanation. */
export const guarded = <U, Right extends string>(
  auth: Watchword<U, Right>,
  requirement: Requirement<U, Right>,
) => {
  const handler = guardOf(auth)(requirement, () => Response.json({ ok: true }))
  const answer = ({
    method = 'GET',
    headers = {},
    path = '/notes/1',
    address = '127.0.0.1',
  }: Asked = {}): Promise<Response> =>
    handler(new Request(`http://localhost:8000${path}`, { method, headers }), { address })
  const ask = async (asked: Asked = {}): Promise<Explanation | undefined> => {
    const headers = { 'watchword-explain': '1', ...asked.headers }
    return explanationIn(await answer({ ...asked, headers }))
  }
  return {
    answer,
    ask,
    /** The explanation, which there must be. */
    async explain(asked: Asked = {}): Promise<Explanation> {
      const explanation = await ask(asked)
      assert.ok(explanation, 'there is no explanation')
      return explanation
    },
  }
}

export function explanationIn({ headers }: Response): Explanation | undefined {
  const text = headers.get('watchword-explanation')
  if (text === null) return undefined
  assert.ok(text.length <= 4096, `${text.length} characters`)
  assert.match(text, /^[\w-]+$/)
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Explanation
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Watchword } from '../../src/watchword.ts'
import { type BuildOptions, buildWatchword } from '../build-watchword.ts'
import { cleanUp } from '../cleanup.ts'

export const PASSWORD = 'pass-Word-9921-xq'
export const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

/** A temporary folder, removed after the test. */
export function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'watchword-test-'))
  cleanUp(t, () => rmSync(path, { recursive: true, force: true }))
  return path
}

export function instanceFor(t: TestContext, options: BuildOptions): Watchword {
  const auth = buildWatchword(options)
  cleanUp(t, () => auth.close())
  return auth
}

export async function post(
  auth: Watchword,
  path: string,
  body: object,
): Promise<{ status: number; body: Record<string, string> }> {
  const headers = { 'content-type': 'application/json' }
  const request = new Request(`http://localhost${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const response = await auth.handler(request)
  return {
    status: response.status,
    body: (await response.json()) as Record<string, string>,
  }
}

export const signIn = async (auth: Watchword): Promise<Record<string, string>> =>
  (await post(auth, '/api/token/', { username: 'ann', password: PASSWORD })).body

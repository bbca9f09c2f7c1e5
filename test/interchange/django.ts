import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { freePort } from '../services/free-port.ts'

/** The folder with an installed Django, set by `.ci/run`. */
const folder = process.env.WATCHWORD_ORACLE

/** For `test`'s `skip`: the reason, or `false` if Django is installed. */
export const noDjango: string | false =
  folder === undefined || folder === ''
    ? 'left out: WATCHWORD_ORACLE names no installed Django to compare with; .ci/run installs one'
    : false

/** A running Django with Simple JWT. */
export interface Django {
  /** @returns status and JSON */
  post(path: string, body: object): Promise<Answer>
  get(path: string, token?: string): Promise<Answer>
  /** The stored hash of a user. */
  hashOf(id: number): Promise<string>
}

export interface Answer {
  readonly status: number
  readonly body: { readonly [member: string]: unknown }
}

/** A string member of an answer, such as a token. @throws if the member is not a string */
export function textIn({ body, status }: Answer, member: string): string {
  const text = body[member]
  if (typeof text === 'string') return text
  throw new Error(`no ${member} in the answer ${status} ${JSON.stringify(body)}`)
}

/** Time limit for migrating, hashing the passwords of its users and listening. */
const PATIENCE = 60_000

/** Starts Django until the end of the test. @throws with its output if it does not start */
export async function django(
  t: TestContext,
  config: object,
  env: Readonly<Record<string, string>> = {},
): Promise<Django> {
  const port = await freePort()
  const child = spawn(join(resolve(folder!), 'start'), [String(port)], {
    env: {
      ...process.env,
      ORACLE_CONFIG: JSON.stringify(config),
      ORACLE_CONTROL: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  let printed = ''
  const ready = new Promise<void>((done, failed) => {
    const timer = setTimeout(
      () => failed(new Error(`no Django within ${PATIENCE} ms:\n${printed}`)),
      PATIENCE,
    )
    const look = (text: Buffer): void => {
      printed += text
      if (printed.includes('oracle ready on')) done()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    ended
      .then(() => failed(new Error(`Django ended:\n${printed}`)))
      .finally(() => clearTimeout(timer))
    t.after(() => clearTimeout(timer))
  })
  await ready

  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
  }
  const get = (path: string, token?: string): Promise<Answer> =>
    ask(path, {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    })
  return {
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    get,
    async hashOf(id) {
      const { users } = (await get('/_oracle/state/')).body
      return (users as UsersOfState)[String(id)]!.password
    },
  }
}

interface UsersOfState {
  readonly [id: string]: { readonly password: string }
}

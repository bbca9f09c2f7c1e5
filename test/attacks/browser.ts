import { exchange, requestText } from '../conformance/wire.ts'
import { type Attack, textOf } from './corpus.ts'
import { ALICE } from './instance.ts'
import type { Subject } from './subject.ts'

/** What a browser holds after alice signed in. */
export const SIGNED_IN = 'session:alice'

interface Browser {
  /** `name=value`. */
  readonly sessionCookie: string
  readonly csrfName: string
  readonly csrf: string
}

type OverHttp = Attack<'header' | 'request'>

/** Replaces placeholders by the values of a browser that has just signed in. @throws if a placeholder is unknown */
export async function withSession(attack: OverHttp, subject: Subject): Promise<OverHttp> {
  if (!attack.given?.includes(SIGNED_IN)) return attack
  const [mine, other] = [await signIn(subject), await signIn(subject)]
  const host = `127.0.0.1:${subject.port}`
  const [name = '', value = ''] = mine.sessionCookie.split('=')
  const values: { readonly [name: string]: string } = {
    cookies: `${mine.sessionCookie}; ${mine.csrfName}=${mine.csrf}`,
    session_cookie: mine.sessionCookie,
    session_cookie_upper: `${name}=${value.toUpperCase()}`,
    csrf: mine.csrf,
    'csrf:other-session': other.csrf,
    csrf_cookie_name: mine.csrfName,
    origin: `https://${host}`,
    host,
  }
  const filled = (text: string): string =>
    text.replace(/\{\{([\w:-]+)\}\}/g, (_, named: string) => {
      if (!Object.hasOwn(values, named))
        throw new Error(`no value of this name: ${named}`)
      return values[named]!
    })
  return {
    ...attack,
    headers: attack.headers.map(
      ([header, text]) => [header, filled(textOf(text))] as const,
    ),
  }
}

async function signIn({ port, secure }: Subject): Promise<Browser> {
  const { username, password } = ALICE
  const headers = [
    ['Content-Type', 'application/json'],
    ['Origin', `https://127.0.0.1:${port}`],
  ] as const
  const body = Buffer.from(JSON.stringify({ username, password }))
  const text = requestText(port, { method: 'POST', path: '/auth/login/', headers, body })
  const reply = await exchange(port, text, 'POST', { secure })
  const cookies = reply.headers
    .filter(([name]) => /^set-cookie$/i.test(name))
    .map(([, value]) => value.split(';')[0]!)
  const sessionCookie = cookies.find((cookie) => cookie.startsWith('__Host-'))
  const [csrfName, csrf] =
    cookies.find((cookie) => cookie !== sessionCookie)?.split('=') ?? []
  if (sessionCookie === undefined || csrfName === undefined || csrf === undefined) {
    throw new Error(`alice could not sign in: ${reply.status} ${reply.body}`)
  }
  return { sessionCookie, csrfName, csrf }
}

import { opened } from './forge.ts'
import { header, type Reply } from './wire.ts'

/** What holds for every answer of ours, not for the recorded ones: a line for each promise that this one breaks. */
export function brokenPromises(reply: Reply): string[] {
  const tokens = [...reply.body.toString('latin1').matchAll(/[\w-]+\.[\w-]+\.[\w-]+/g)]
    .map(([text]) => opened(text)?.claims)
    .filter((claims) => claims !== undefined)
  const broken: string[] = []
  if (reply.status >= 500 && !isOfProvider(reply))
    broken.push(`no answer is a ${reply.status}`)
  if (tokens.length > 0 && header(reply, 'cache-control') !== 'no-store')
    broken.push('a token is never cached (D21)')
  if (new Set(tokens.map((claims) => claims.sid)).size > 1)
    broken.push('tokens given together name one session')
  return broken
}

/** Another service that cannot be reached. */
const isOfProvider = ({ status, body }: Reply): boolean =>
  status === 503 && body.includes('temporarily_unavailable')

/** What a log may not hold. */
export const leaksIn = (log: string, secrets: readonly string[]): string[] => [
  ...(/eyJ[\w-]{8,}\.[\w-]{8,}\./.test(log) ? ['the log holds a token'] : []),
  ...secrets
    .filter((secret) => log.includes(secret))
    .map(() => 'the log holds a password or a key'),
]

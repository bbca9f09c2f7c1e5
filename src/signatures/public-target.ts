import type { SignedRequest } from './message.ts'

/** Where clients know a request to go: what a signature covers. */
export type PublicTarget = Pick<SignedRequest, 'origin' | 'target'>

/**
 * The targets that a client may have signed. If the public address has a path, a proxy may pass it on or cut it off.
 *
 * @param target of the request line, as it has arrived
 * @param url the public address of the instance. `Host` is what a client says: a signature for another server would be accepted
 */
export function publicTargets(target: string, url: string): readonly PublicTarget[] {
  const { origin } = new URL(url)
  const path = url.slice(origin.length)
  if (path === '') return [{ origin, target }]
  return [
    { origin, target },
    { origin, target: path + target },
  ]
}

import type { SignedRequest } from './message.ts'

/** Where clients know a request to go: what a signature covers. */
export type PublicTarget = Pick<SignedRequest, 'origin' | 'target'>

/**
 * The targets that a client may have signed. If the public address has a path, a proxy may pass it on or cut it off.
 *
 * @param url the public address of the instance. `Host` is what a client says: a signature for another server would be accepted
 * @returns a function of the target of the request line, as it has arrived
 */
export function publicTargetsOf(
  url: string,
): (target: string) => readonly PublicTarget[] {
  const { origin, pathname } = new URL(url)
  const path = pathname.replace(/\/+$/, '')
  if (path === '') return (target) => [{ origin, target }]
  return (target) => [
    { origin, target },
    { origin, target: path + target },
  ]
}

import { createHash } from 'node:crypto'
import { configError } from '../../base/errors.ts'
import type { AuthRequest } from '../../http/request.ts'
import type { StatedDigest } from '../../signatures/content-digest.ts'

/**
 * Whether the body of a request is the one that the digests are of. It is hashed while it is read, and kept for handlers alone.
 *
 * @param limit the most bytes
 * @throws AuthError `body_too_large`; `invalid_config` if a framework has parsed the body and kept no bytes
 */
export async function bodyFits(
  request: AuthRequest,
  digests: readonly StatedDigest[],
  limit: number,
): Promise<boolean> {
  requireOriginal(request)
  const hashed = digests.map(({ algorithm, bytes }) => ({
    hash: createHash(algorithm.replace('-', '')),
    bytes,
  }))
  await scan(request, limit, (part) => {
    for (const { hash } of hashed) hash.update(part)
  })
  return hashed.every(({ hash, bytes }) => hash.digest().equals(bytes))
}

/** @throws AuthError `invalid_config` if a framework has parsed the body and kept no bytes */
export function requireOriginal({ isBodyRewritten }: AuthRequest): void {
  if (isBodyRewritten) throw configError(BODY_IS_PARSED)
}

const BODY_IS_PARSED =
  'The digest of this body cannot be compared: a middleware has parsed it, and kept no bytes. Mount the guard before it, or let it keep ' +
  'the bytes in request.rawBody, such as express.json({ verify: (req, _, bytes) => { req.rawBody = bytes } }).'

/** @throws AuthError `body_too_large` */
export async function hasBody(request: AuthRequest, limit: number): Promise<boolean> {
  let size = 0
  await scan(request, limit, (part) => {
    size += part.length
  })
  return size > 0
}

async function scan(
  request: AuthRequest,
  limit: number,
  take: (part: Uint8Array) => void,
): Promise<void> {
  if (request.scanBody !== undefined) return request.scanBody(take, limit)
  take(await request.body(limit))
}

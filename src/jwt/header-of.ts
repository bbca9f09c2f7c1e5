import type { Algorithm } from './algorithms.ts'

/** The first segment of the tokens that a key signs. */
export const headerOf = (
  alg: Algorithm,
  kid: string | undefined,
  typ: string = 'JWT',
): string => Buffer.from(JSON.stringify({ alg, typ, kid })).toString('base64url')

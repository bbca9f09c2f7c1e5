import { createVerifier } from 'fast-jwt'
import { jwtVerify } from 'jose'
import type { UnixSeconds } from '../../src/base/clock.ts'
import { AuthError } from '../../src/base/errors.ts'
import { KeySet, verifier } from '../../src/jwt/index.ts'
import { AUDIENCE, ISSUER, NOW } from './draft.ts'
import type { KeyCase } from './keys.ts'

/** The outcome of a token in one implementation. */
export type Word =
  | { readonly accepted: true; readonly claims: unknown }
  | { readonly accepted: false; readonly code: string; readonly foreign?: unknown }

export interface Words {
  readonly ours: Word
  readonly jose: Word
  readonly fastJwt: Word
}

export type Judges = (token: string) => Promise<Words>

const refused = (code: unknown): Word => ({ accepted: false, code: String(code) })

/** The three implementations with the same options: one key of one algorithm, issuer, audience, required exp, clock. */
export function judgesOf({ alg, ours, verifying, text }: KeyCase): Judges {
  const { verify } = verifier({
    keys: new KeySet([ours]),
    clock: () => NOW as UnixSeconds,
    issuer: ISSUER,
    audience: AUDIENCE,
    cache: 64,
  })
  const fast = createVerifier({
    key: text,
    algorithms: [alg],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    requiredClaims: ['exp', 'iss', 'aud'],
    clockTimestamp: NOW * 1000,
    cache: false,
  })
  const options = {
    algorithms: [alg],
    issuer: ISSUER,
    audience: AUDIENCE,
    requiredClaims: ['exp'],
    currentDate: new Date(NOW * 1000),
  }
  return async (token) => ({
    ours: ourWord(() => verify(token)),
    fastJwt: word(() => fast(token)),
    jose: await jwtVerify(token, verifying, options).then(
      ({ payload }): Word => ({ accepted: true, claims: payload }),
      (error) => refused(error.code ?? error.name),
    ),
  })
}

function ourWord(judge: () => unknown): Word {
  try {
    return { accepted: true, claims: judge() }
  } catch (error) {
    return error instanceof AuthError
      ? refused(error.code)
      : { accepted: false, code: 'a foreign exception', foreign: error }
  }
}

function word(judge: () => unknown): Word {
  try {
    return { accepted: true, claims: judge() }
  } catch (error) {
    const { code, name } = error as { readonly code?: string; readonly name?: string }
    return refused(code ?? name)
  }
}

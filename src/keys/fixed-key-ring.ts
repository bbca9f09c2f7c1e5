import { seconds } from '../base/clock.ts'
import { configError } from '../base/errors.ts'
import { KeySet, type KeySource, type SigningKey } from '../jwt/index.ts'
import type { ConfiguredKeys } from './configured-keys.ts'
import type { KeyRing } from './key-ring.ts'
import { CONFIGURED_MAX_AGE } from './publication.ts'

/** The ring of a configured key, which its owner rotates. */
export function fixedKeyRing({ signing, verifying, refresh }: ConfiguredKeys): KeyRing {
  const published = publishedKeys(signing, verifying)
  const signingOrThrow = (): SigningKey => signing ?? configuredElsewhere()
  return {
    verifying,
    refresh: refresh ?? { signing: signingOrThrow, verifying: undefined },
    published: () => published.jwks(),
    withdrawn: () => NONE,
    maxAge: CONFIGURED_MAX_AGE,
    signing: signingOrThrow,
    list: async () => [],
    rotate: async () => configuredElsewhere(),
    rotateWhenDue: async () => ({
      rotated: undefined,
      left: seconds(Number.POSITIVE_INFINITY),
    }),
    reseal: async () => 0,
    reload: async () => {},
  }
}

const NONE: readonly string[] = []

function publishedKeys(signing: SigningKey | undefined, verifying: KeySource): KeySet {
  if (verifying instanceof KeySet) return verifying
  if (signing === undefined) return new KeySet([])
  return new KeySet([signing.verifying])
}

function configuredElsewhere(): never {
  throw configError('The signing key comes from tokens.signingKey: change it there.')
}

import { constants, createHmac, type KeyObject, sign } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from '../../src/jwt/algorithms.ts'

/** Signs with node:crypto: the tokens must not come from an implementation that is compared. */
export function rawSignature(
  alg: Algorithm,
  key: KeyObject,
  signed: Uint8Array,
  saltLength?: number,
): Buffer {
  const details = ALGORITHMS[alg]
  switch (details.kind) {
    case 'hmac':
      return createHmac(
        details.hash,
        key.type === 'secret' ? key : Buffer.from('not a secret'),
      )
        .update(signed)
        .digest()
    case 'ec':
      return sign(details.hash, signed, { key, dsaEncoding: 'ieee-p1363' })
    case 'rsa':
      return details.salt === undefined
        ? sign(details.hash, signed, key)
        : sign(details.hash, signed, {
            key,
            padding: constants.RSA_PKCS1_PSS_PADDING,
            saltLength: saltLength ?? details.salt,
          })
    case 'okp':
      return sign(null, signed, key)
  }
}

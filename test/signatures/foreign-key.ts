import { constants, type KeyObject, sign } from 'node:crypto'
import { createSigner } from 'http-message-signatures'

export type ForeignAlgorithm = Parameters<typeof createSigner>[1]

/**
 * A key with which another library signs. With RSA-PSS it leaves the length of the salt open, which must be that of the hash (RFC 9421
 * §3.3.1).
 */
export function foreignKey(
  secret: KeyObject | string,
  alg: ForeignAlgorithm,
  id: string,
) {
  const key = createSigner(secret, alg, id)
  if (alg !== 'rsa-pss-sha512' || typeof secret === 'string') return key
  const options = {
    key: secret,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 64,
  }
  return { ...key, sign: async (data: Buffer) => sign('sha512', data, options) }
}

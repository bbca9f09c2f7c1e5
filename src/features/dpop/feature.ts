import { configError } from '../../base/errors.ts'
import { defineFeature } from '../define-feature.ts'
import { dpopOptions } from './options.ts'

/** Tokens that are bound to a key of the client (RFC 9449). Tokens of applications can be without this option, too. */
export const dpop = defineFeature({
  name: 'dpop',
  options: {
    /** Tokens of sign-ins that are bound to a key of the client (DPoP, RFC 9449): `true`, or an object. */
    dpop: dpopOptions,
  },
  keyProofs: (section) => section(dpopOptions),
  onOpen({ section, url, tokenCookies, derivedKeys }) {
    const settings = section(dpopOptions)
    if (settings === undefined) return undefined
    if (url === undefined)
      throw configError(
        'dpop needs the public address of the instance, which proofs name: set url (WATCHWORD_URL) to it, such as "https://app.example.com".',
      )
    if (tokenCookies !== undefined)
      throw configError(
        'dpop binds tokens that clients send in a header: set tokens.transport to "body", or remove the option dpop.',
      )
    // Without a secret that lasts there are no nonces: that stops the start, not the first request.
    if (settings.nonces) derivedKeys('dpop nonce')
    return undefined
  },
})

import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** As much of it as is used here: it comes without types. */
export interface JsonWebToken {
  sign(claims: object, key: KeyObject, options: { readonly algorithm: string }): string
  verify(
    token: string,
    key: KeyObject,
    options: { readonly algorithms: readonly string[] },
  ): object
}

export const jsonwebtoken = require('jsonwebtoken') as JsonWebToken

/** The peers as they are installed, by name and version. */
export const peers = (
  require('./package.json') as { readonly dependencies: Readonly<Record<string, string>> }
).dependencies

import type { KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The part of its API that is used here; the package has no types. */
export interface JsonWebToken {
  sign(claims: object, key: KeyObject, options: { readonly algorithm: string }): string
  verify(
    token: string,
    key: KeyObject,
    options: { readonly algorithms: readonly string[] },
  ): object
}

export const jsonwebtoken = require('jsonwebtoken') as JsonWebToken

/** Names and versions of the installed peers. */
export const peers = (
  require('./package.json') as { readonly dependencies: Readonly<Record<string, string>> }
).dependencies

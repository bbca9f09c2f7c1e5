import { CHALLENGE, VERIFIER } from '../test/oauth/consent.ts'

export const REDIRECT = 'https://app.example.org/cb'

/** What an application sends with the browser of a user. */
export const AUTHORIZATION = {
  response_type: 'code',
  redirect_uri: REDIRECT,
  scope: 'posts:read',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
} as const

/** What it sends with the code. */
export const EXCHANGE = {
  grant_type: 'authorization_code',
  redirect_uri: REDIRECT,
  code_verifier: VERIFIER,
} as const

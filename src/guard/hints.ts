import type { ErrorCode } from '../base/errors.ts'

const SEND_ANOTHER = 'Send an access token that this server has issued.'
const SIGN_IN_AGAIN = 'Sign in again.'
const RETRY = 'Wait for the time in Retry-After, then send it again.'

/** What is wrong, what was expected and what to do next, for each error that is explained. */
export const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  malformed: `The token is not a JSON Web Token: it must be three parts with dots between them. ${SEND_ANOTHER}`,
  too_large: `The token is longer than 8192 bytes. ${SEND_ANOTHER}`,
  unsupported_alg: `The token is signed with an algorithm that no key of this server has. ${SEND_ANOTHER}`,
  unsupported_header: `The header of the token has members that this server does not accept. ${SEND_ANOTHER}`,
  unknown_key: `The token is signed with a key that this server does not have. ${SEND_ANOTHER}`,
  bad_signature: `The signature of the token is not valid under the key that it names. ${SEND_ANOTHER}`,
  expired: 'The token has expired. Refresh it, or sign in again.',
  not_yet_valid:
    'The token is not valid yet: its issuer and this server disagree about the time. Set the clock of the issuer, or wait.',
  invalid_claim: `A claim of the token has a value that this server does not accept. ${SEND_ANOTHER}`,
  wrong_issuer: `The issuer of the token is not the value of tokens.issuer. ${SEND_ANOTHER}`,
  wrong_audience: `The audience of the token is not in tokens.audience. ${SEND_ANOTHER}`,
  wrong_type:
    'The token is not an access token. Send the access token, not the refresh token.',
  revoked: `The session of the token has been revoked. ${SIGN_IN_AGAIN}`,
  invalid_client:
    'The id or the secret of the application is not one that this server has registered. Correct them in its settings.',
  temporarily_unavailable: `The provider that the user signs in with cannot be reached. ${RETRY}`,
  no_active_account:
    'No active account has this name and password. Correct them, or ask an administrator.',
  account_gone: `The account of the token does not exist any more. ${SIGN_IN_AGAIN}`,
  password_changed: `The password has been changed since the sign-in. ${SIGN_IN_AGAIN}`,
  user_not_found: `No user of this server has the id in the token. ${SIGN_IN_AGAIN}`,
  user_inactive:
    'The user may not make requests: the account is inactive, or the option users.rule refuses it. An administrator can activate it.',
  bad_authorization_header:
    'The Authorization header must be a scheme, one space and a token. Write "Authorization: Bearer <token>".',
  bound_token:
    'The token and the scheme do not fit. Send a token that is bound to a key as "Authorization: DPoP <token>" with a proof in the header DPoP, and any other as Bearer.',
  invalid_dpop_proof:
    'The proof in the header DPoP is missing or not valid for this request. Make a new one for each request: its method, its public address, the time, and the hash of the token.',
  use_dpop_nonce:
    'The proof lacks the nonce of this server. Make another one with the value of the header DPoP-Nonce of this answer.',
  invalid_signature:
    'The signature is not valid for this request. Sign each request anew, for the public address; Accept-Signature or WWW-Authenticate names what is wrong.',
  authentication_failed:
    'The credentials are not valid, or their user is not active. Check them, or sign in for new ones.',
  mfa_required:
    'The password was right, and the account has a second factor. Send its code to the endpoint of the second factor.',
  insufficient_user_authentication:
    'The sign-in is too old or too weak for this route. Sign in again, with the method that it names.',
  insufficient_scope:
    'The token belongs to an application, and lacks a scope of the route, or the route is not for applications. Ask for the scope, or name one in the guard: hasScope("…").',
  csrf_failed:
    'The cookie was sent without proof that a page of this site sent it. Send the CSRF token in the header X-CSRFToken, from the same origin.',
  permission_denied:
    'The user is signed in, but lacks what the route requires. Signing in again does not help: ask for the permission, or use another account.',
  throttled: `There were more requests than the rate allows. ${RETRY}`,
  busy: `The server has more password checks than it can do at once. ${RETRY}`,
  store_unavailable: `The database cannot be reached, so no user can be identified. ${RETRY}`,
  keys_unavailable: `The keys of the issuer cannot be read. ${RETRY}`,
  revocations_unavailable: `The revocations of the issuer cannot be read. ${RETRY}`,
}

/** How to send credentials of each scheme. */
const WAYS: Readonly<Record<string, string>> = {
  bearer: 'an access token in "Authorization: Bearer <token>"',
  apiToken: 'an API token in "Authorization: Token <token>"',
  basic: 'a name and a password in "Authorization: Basic …"',
  session: 'the cookie of a session',
  cookie: 'the cookie with an access token',
  remoteUser: 'the name that the server in front adds',
}

/** @param schemes the names of those that were tried */
export function hintOf(code: ErrorCode, schemes: readonly string[]): string {
  const hint = HINTS[code]
  if (hint !== undefined) return hint
  const ways = [...new Set(schemes)].map((name) => WAYS[name] ?? `what ${name} reads`)
  if (ways.length === 0)
    return 'The route has no authentication scheme, so every request is anonymous, but it requires a user. Give its guard a scheme.'
  return `The request has no credentials. Send ${ways.join(', or ')}.`
}

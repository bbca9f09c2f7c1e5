import type { Deviation } from './deviations.ts'
import {
  detailOf,
  error,
  isJson,
  memberOf,
  pathOf,
  withClaims,
  withHashes,
  withMore,
} from './instead.ts'
import { claimsIn, isOdd, isPlainId } from './oddities.ts'
import type { Json, JsonObject } from './recording.ts'

const BLACKLISTED = 'Token is blacklisted'
const NOT_FOR_ANY_TYPE = 'Given token not valid for any token type'
const BEARER = 'Bearer realm="api"'

/** Deviations in the claims of tokens, and in their lifecycle. */
export const OF_TOKENS: readonly Deviation[] = [
  {
    name: '0.3 the user id is a string',
    instead: (_, expected, ours) =>
      withClaims(expected, ours, (_, theirs, our) =>
        typeof theirs === 'number' && our === String(theirs) ? our : theirs,
      ),
  },
  {
    name: '0.3 an access token is issued now',
    instead: (recorded, expected, ours) =>
      withClaims(expected, ours, (name, theirs, our, member) =>
        pathOf(recorded).endsWith('/refresh/') &&
        member === 'access' &&
        name === 'iat' &&
        our === '<now+0>'
          ? our
          : theirs,
      ),
  },
  {
    name: '0.3 a refresh checks the user and the password',
    instead: (recorded, expected, ours) => {
      const isRefused = [
        "The user's password has been changed.",
        'No active account found for the given token.',
      ].includes(String(detailOf(ours)))
      if (
        !pathOf(recorded).endsWith('/refresh/') ||
        expected.status !== 200 ||
        !isRefused
      )
        return undefined
      const { effects: _, ...rest } = expected
      const { effects } = ours
      const failure = error(rest, 401, { detail: detailOf(ours)! }, BEARER)
      return effects === undefined ? failure : { ...failure, effects }
    },
  },
  {
    name: '0.3 rotation without a store',
    instead: (recorded, { crash }, ours) =>
      crash === true &&
      recorded.config === 'rotate-no-blacklist-app' &&
      pathOf(recorded).endsWith('/refresh/')
        ? ours
        : undefined,
  },
  {
    name: '5.2 a user id is compared as a string',
    instead: (recorded, _, ours) => {
      const gone = ['User not found', 'No active account found for the given token.']
      const isGone = gone.includes(String(detailOf(ours))) && ours.effects === undefined
      return isGone && claimsIn(recorded).some(({ user_id: id = '' }) => !isPlainId(id))
        ? ours
        : undefined
    },
  },
  {
    name: 'D3 verify rejects blacklisted tokens',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/verify/') &&
      expected.status === 200 &&
      ours.status === 400
        ? error(expected, 400, { non_field_errors: [BLACKLISTED] })
        : undefined,
  },
  {
    name: 'D13 a token without a user id',
    instead: (recorded, expected, ours) => {
      const detail = 'Token contained no recognizable user identification'
      if (
        !pathOf(recorded).endsWith('/refresh/') ||
        expected.status !== 200 ||
        detailOf(ours) !== detail
      )
        return undefined
      const { effects: _, ...rest } = expected
      return error(rest, 401, { detail, code: 'token_not_valid' }, BEARER)
    },
  },
  {
    name: 'D14, D15 requests that crash the recorded server are rejected',
    instead: (_, { crash }, ours) =>
      crash === true &&
      ours.status! >= 400 &&
      ours.status! < 500 &&
      isJson(ours) &&
      ours.effects === undefined
        ? ours
        : undefined,
  },
  {
    name: 'D14 a token with an impossible user id can be revoked',
    instead: (recorded, { crash, headers: _, text: __, ...rest }, ours) =>
      crash === true && pathOf(recorded).endsWith('/blacklist/') && ours.status === 200
        ? {
            ...rest,
            status: 200,
            headers: { allow: 'POST, OPTIONS', 'content-length': '2' },
            body: {},
            effects: { opened: 1, ended: 1 },
          }
        : undefined,
  },
  {
    name: 'D16 tokens have a type and an id',
    instead: (_, __, ours) =>
      /^tokens\.(type|jti)Claim /.test(ours.refused ?? '') ? ours : undefined,
  },
  {
    name: 'D23 signing out revokes access tokens, too',
    instead: (_, expected, ours) => {
      const [message] = (memberOf(ours.body, 'messages') ?? []) as readonly JsonObject[]
      if (expected.status !== 200 || message?.message !== BLACKLISTED) return undefined
      const messages = [
        { token_class: 'AccessToken', token_type: 'access', message: BLACKLISTED },
      ]
      return error(
        expected,
        401,
        { detail: NOT_FOR_ANY_TYPE, code: 'token_not_valid', messages },
        BEARER,
      )
    },
  },
  {
    name: 'D23 tokens have the id of their session',
    instead: (_, expected, ours) => withMore(['sid', 'gen'], expected, ours),
  },
  {
    name: 'D41 tokens that name the user by another field have the id, too',
    instead: ({ config }, expected, ours) =>
      config === 'id-claim' ? withMore(['ww_uid'], expected, ours) : undefined,
  },
  {
    name: '2 custom claims are in every token, also a sliding one',
    instead: ({ config }, expected, ours) =>
      config === 'custom-claims' && ours.decoded?.token !== undefined
        ? withMore(['username', 'is_staff', 'is_superuser', 'groups'], expected, ours)
        : undefined,
  },
  {
    name: 'D23 the sessions of a deleted or inactive user are already revoked',
    instead: ({ steps = [] }, expected, ours) => {
      const isGone = steps.some(
        (step) =>
          step.op === 'delete_user' ||
          (step.op === 'user' && step.set.is_active === false),
      )
      const { ended, ...others } = expected.effects ?? {}
      return isGone && ended === 1 && ours.effects?.ended === undefined
        ? { ...expected, effects: others }
        : undefined
    },
  },
  {
    name: 'D23 the session of a foreign token is adopted',
    instead: (recorded, { effects, ...expected }, ours) =>
      pathOf(recorded).endsWith('/refresh/') &&
      claimsIn(recorded).length > 0 &&
      ours.effects?.opened === 1
        ? { ...expected, effects: { ...effects, opened: 1 } }
        : undefined,
  },
  {
    name: 'D24 the session of a foreign token expires with that token',
    instead: ({ steps = [] }, expected, ours) => {
      const ends = steps.map((step) =>
        step.op === 'mint' ? momentOf(step.claims?.exp) : undefined,
      )
      return withClaims(expected, ours, (name, theirs, our, member) =>
        member === 'refresh' &&
        name === 'exp' &&
        our !== undefined &&
        ends.includes(String(our))
          ? our
          : theirs,
      )
    },
  },
  {
    name: 'D26 and security J5 to J14: tokens are parsed strictly',
    instead: (recorded, _, ours) => {
      const [message] = (memberOf(ours.body, 'messages') ?? []) as readonly JsonObject[]
      const isInvalid = [detailOf(ours), message?.message].includes('Token is invalid')
      return isInvalid && ours.effects === undefined && isOdd(recorded) ? ours : undefined
    },
  },
  {
    name: 'D37 a spent token can be revoked',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/blacklist/') &&
      detailOf(expected) === BLACKLISTED &&
      ours.status === 200
        ? {
            status: 200,
            headers: { allow: 'POST, OPTIONS', 'content-length': '2' },
            body: {},
            effects: { ended: 1 },
          }
        : undefined,
  },
  {
    name: 'D37 a spent token revokes its session',
    instead: (_, expected, ours) =>
      detailOf(expected) === BLACKLISTED && JSON.stringify(ours.effects) === '{"ended":1}'
        ? { ...expected, effects: { ...expected.effects, ended: 1 } }
        : undefined,
  },
  {
    name: 'P1 a sign-in stores an Argon2id hash',
    instead: (_, expected, ours) => withHashes(expected, ours),
  },
]

/** The expiry that a step gave to its token, in the format of the recordings. */
const momentOf = (exp: Json | undefined): string => `<now+${memberOf(exp, '$now')}>`

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

/** Deviations in what tokens say, and in what becomes of them. */
export const OF_TOKENS: readonly Deviation[] = [
  {
    name: '0.3 the user id is text',
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
    name: '0.3 a refresh asks for the user and the password',
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
      const told = error(rest, 401, { detail: detailOf(ours)! }, BEARER)
      return effects === undefined ? told : { ...told, effects }
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
    name: '5.2 a user id is text as it stands, or an integer',
    instead: (recorded, _, ours) => {
      const gone = ['User not found', 'No active account found for the given token.']
      const isGone = gone.includes(String(detailOf(ours))) && ours.effects === undefined
      return isGone && claimsIn(recorded).some(({ user_id: id = '' }) => !isPlainId(id))
        ? ours
        : undefined
    },
  },
  {
    name: 'D3 verify tells what was blacklisted',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/verify/') &&
      expected.status === 200 &&
      ours.status === 400
        ? error(expected, 400, { non_field_errors: [BLACKLISTED] })
        : undefined,
  },
  {
    name: 'D13 a token that names nobody',
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
    name: 'D14, D15 what made theirs crash is refused',
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
    name: 'D14 a token whose user cannot be can be signed out',
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
    name: 'D23 signing out ends access tokens too',
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
    name: 'D23 tokens name their session',
    instead: (_, expected, ours) => withMore(['sid', 'gen'], expected, ours),
  },
  {
    name: "2 claims of one's own are in every token, a sliding one too",
    instead: ({ config }, expected, ours) =>
      config === 'custom-claims' && ours.decoded?.token !== undefined
        ? withMore(['username', 'is_staff', 'is_superuser', 'groups'], expected, ours)
        : undefined,
  },
  {
    name: 'D23 the sign-ins of a user who is gone or inactive have ended already',
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
    name: 'D23 the sign-in of a token from elsewhere is taken in',
    instead: (recorded, { effects, ...expected }, ours) =>
      pathOf(recorded).endsWith('/refresh/') &&
      claimsIn(recorded).length > 0 &&
      ours.effects?.opened === 1
        ? { ...expected, effects: { ...effects, opened: 1 } }
        : undefined,
  },
  {
    name: 'D24 the sign-in of a token from elsewhere ends when that would have',
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
    name: 'D26 and security J5 to J14: a token is read strictly',
    instead: (recorded, _, ours) => {
      const [message] = (memberOf(ours.body, 'messages') ?? []) as readonly JsonObject[]
      const isInvalid = [detailOf(ours), message?.message].includes('Token is invalid')
      return isInvalid && ours.effects === undefined && isOdd(recorded) ? ours : undefined
    },
  },
  {
    name: 'D37 a spent token signs out',
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
    name: 'D37 a spent token ends its session',
    instead: (_, expected, ours) =>
      detailOf(expected) === BLACKLISTED && JSON.stringify(ours.effects) === '{"ended":1}'
        ? { ...expected, effects: { ...expected.effects, ended: 1 } }
        : undefined,
  },
  {
    name: 'P1 a sign-in writes Argon2id',
    instead: (_, expected, ours) => withHashes(expected, ours),
  },
]

/** The end that a step gave to its token, as answers show it. */
const momentOf = (exp: Json | undefined): string => `<now+${memberOf(exp, '$now')}>`

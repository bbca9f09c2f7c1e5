import {
  detailOf,
  isJson,
  memberOf,
  membersOf,
  pathOf,
  refusal,
  withClaims,
  withHashes,
  withSession,
} from './instead.ts'
import type { Answer, Case, Json, JsonObject } from './recording.ts'

/**
 * What the specification says of ours where the recorded servers answered otherwise: for recordings that nobody has gone
 * through yet. Of those that somebody has, each difference is in `differences.jsonl` with our full answer, and nothing here
 * is asked.
 */
export interface Deviation {
  /** Its number in the appendix of the specification, or the section that says so. */
  readonly name: string
  /**
   * What is expected of ours in place of the recorded answer; `undefined` where this is not about it.
   *
   * @param ours what we answered: to be used for what differs each time, and for nothing that the specification fixes
   */
  readonly instead: (recorded: Case, expected: Answer, ours: Answer) => Answer | undefined
}

const NOBODY = 'Authentication credentials were not provided.'
const NO_ACCOUNT = 'No active account found with the given credentials'
const BLACKLISTED = 'Token is blacklisted'
const NOT_FOR_ANY_TYPE = 'Given token not valid for any token type'
const BEARER = 'Bearer realm="api"'

export const DEVIATIONS: readonly Deviation[] = [
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
        pathOf(recorded).endsWith('/refresh/') && member === 'access' && name === 'iat' && our === '<now+0>'
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
      if (!pathOf(recorded).endsWith('/refresh/') || expected.status !== 200 || !isRefused) return undefined
      const { effects: _, ...rest } = expected
      const { effects } = ours
      const told = refusal(rest, 401, { detail: detailOf(ours)! }, BEARER)
      return effects === undefined ? told : { ...told, effects }
    },
  },
  {
    name: '0.3 rotation without a store',
    instead: (recorded, { crash }, ours) =>
      crash === true && recorded.config === 'rotate-no-blacklist-app' && pathOf(recorded).endsWith('/refresh/')
        ? ours
        : undefined,
  },
  {
    name: '0.5 no answer varies with a cookie: no session is read',
    instead: (_, expected) => {
      const { vary, 'set-cookie': cookie, ...headers } = expected.headers ?? {}
      return vary === 'Cookie' && cookie === undefined ? { ...expected, headers } : undefined
    },
  },
  {
    name: '0.5 what OPTIONS describes',
    instead: ({ request }, expected, ours) => {
      if (request.method !== 'OPTIONS' || typeof memberOf(ours.body, 'name') !== 'string') return undefined
      const length = ours.headers?.['content-length'] ?? null
      return { ...expected, headers: { ...expected.headers, 'content-length': length }, body: ours.body! }
    },
  },
  {
    name: '0.5 with and without trailing slash',
    instead: ({ request }, expected, ours) =>
      expected.status === 301 &&
      expected.headers?.location === `${request.path}/` &&
      ours.status! < 500 &&
      ours.status !== 404
        ? ours
        : undefined,
  },
  {
    name: '6.9 texts are in English',
    instead: (_, { headers, status, body }, ours) => {
      const language = headers?.['content-language']
      const isSame =
        language !== undefined &&
        language !== 'en' &&
        status === ours.status &&
        membersOf(body) === membersOf(ours.body)
      return isSame ? ours : undefined
    },
  },
  {
    name: 'D1 the word before the token in any case',
    instead: ({ request }, expected, ours) => {
      const word = request.headers?.find(([name]) => /^authorization$/i.test(name))?.[1].split(' ')[0]
      const isOurs = word !== undefined && /^(bearer|jwt)$/i.test(word) && !/^(Bearer|JWT)$/.test(word)
      const isLetIn = ours.status === 200 || memberOf(ours.body, 'code') !== undefined
      return isOurs && detailOf(expected) === NOBODY && isLetIn ? ours : undefined
    },
  },
  {
    name: 'D2 a password with outer blanks',
    instead: ({ request }, expected, ours) =>
      /"password": ?"(\s|.*\s")/.test(request.body ?? '') && detailOf(expected) === NO_ACCOUNT && ours.status === 200
        ? ours
        : undefined,
  },
  {
    name: 'D3 verify tells what was blacklisted',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/verify/') && expected.status === 200 && ours.status === 400
        ? refusal(expected, 400, { non_field_errors: [BLACKLISTED] })
        : undefined,
  },
  {
    name: 'D4 no signing out without a store',
    instead: (recorded, expected, ours) =>
      pathOf(recorded).endsWith('/blacklist/') && recorded.config.includes('no-blacklist-app') && ours.status === 404
        ? { ...refusal(expected, 404, { detail: 'Not found.' }), headers: { 'content-length': '23' } }
        : undefined,
  },
  {
    name: 'D13 a token that names nobody',
    instead: (recorded, expected, ours) => {
      const detail = 'Token contained no recognizable user identification'
      if (!pathOf(recorded).endsWith('/refresh/') || expected.status !== 200 || detailOf(ours) !== detail)
        return undefined
      const { effects: _, ...rest } = expected
      return refusal(rest, 401, { detail, code: 'token_not_valid' }, BEARER)
    },
  },
  {
    name: 'D14, D15 what made theirs crash is refused',
    instead: (_, { crash }, ours) =>
      crash === true && ours.status! >= 400 && ours.status! < 500 && isJson(ours) && ours.effects === undefined
        ? ours
        : undefined,
  },
  {
    name: 'D16 tokens have a type and an id',
    instead: (_, __, ours) => (/^tokens\.(type|jti)Claim /.test(ours.refused ?? '') ? ours : undefined),
  },
  {
    name: 'D23 signing out ends access tokens too',
    instead: (_, expected, ours) => {
      const [message] = (memberOf(ours.body, 'messages') ?? []) as readonly JsonObject[]
      if (expected.status !== 200 || message?.message !== BLACKLISTED) return undefined
      const messages = [{ token_class: 'AccessToken', token_type: 'access', message: BLACKLISTED }]
      return refusal(expected, 401, { detail: NOT_FOR_ANY_TYPE, code: 'token_not_valid', messages }, BEARER)
    },
  },
  {
    name: 'D23 tokens name their session',
    instead: (_, expected, ours) => withSession(expected, ours),
  },
  {
    name: 'D23 the sign-ins of a user who is gone or inactive have ended already',
    instead: ({ steps = [] }, expected, ours) => {
      const isGone = steps.some(
        (step) => step.op === 'delete_user' || (step.op === 'user' && step.set.is_active === false),
      )
      const { ended, ...others } = expected.effects ?? {}
      return isGone && ended === 1 && ours.effects?.ended === undefined ? { ...expected, effects: others } : undefined
    },
  },
  {
    name: 'D24 the sign-in of a token from elsewhere ends when that would have',
    instead: ({ steps = [] }, expected, ours) => {
      const ends = steps.map((step) => (step.op === 'mint' ? momentOf(step.claims?.exp) : undefined))
      return withClaims(expected, ours, (name, theirs, our, member) =>
        member === 'refresh' && name === 'exp' && our !== undefined && ends.includes(String(our)) ? our : theirs,
      )
    },
  },
  {
    name: 'D27 errors are JSON',
    instead: (_, expected, ours) =>
      expected.text !== undefined &&
      expected.status! >= 400 &&
      ours.status === expected.status &&
      detailOf(ours) !== undefined
        ? ours
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

/**
 * What is expected of ours in place of a recorded answer, by all deviations that bring the two nearer to each other.
 *
 * @returns it, and the names of those deviations
 */
export function expectedOfOurs(recorded: Case, answer: Answer, ours: Answer): { expected: Answer; names: string[] } {
  let expected = answer
  const names: string[] = []
  for (const { name, instead } of DEVIATIONS) {
    const other = instead(recorded, expected, ours)
    if (other === undefined || distance(other, ours) >= distance(expected, ours)) continue
    expected = other
    names.push(name)
  }
  return { expected, names }
}

/** In how many values two answers differ. */
function distance(one: Answer, other: Answer): number {
  const [here, there] = [leavesOf(one), leavesOf(other)]
  const paths = new Set([...here.keys(), ...there.keys()])
  return [...paths].filter((path) => here.get(path) !== there.get(path)).length
}

function leavesOf(value: unknown, path = '', found: Map<string, unknown> = new Map()): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return found.set(path, value)
  for (const [name, item] of Object.entries(value)) leavesOf(item, `${path}/${name}`, found)
  return found
}

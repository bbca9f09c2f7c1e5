import { setTimeout as sleep } from 'node:timers/promises'
import { guardOf } from '../../../src/adapters/node.ts'
import { basic } from '../../../src/authentication/basic.ts'
import { type KnoxOptions, knox } from '../../../src/presets/index.ts'
import { strftime } from '../../../src/presets/knox/expiry-format.ts'
import { turns } from '../../time.ts'
import type { JsonObject } from '../recording.ts'
import { view } from '../view.ts'
import type { Neighbour, OpenNeighbour, Row } from './neighbour.ts'

/** The options for each setting of `REST_KNOX`. */
const SETTINGS: { readonly [setting: string]: (value: never) => KnoxOptions } = {
  TOKEN_TTL: (ttl: number | null) => ({ ttl }),
  TOKEN_LIMIT_PER_USER: (limit: number | null) => ({ limit }),
  TOKEN_PREFIX: (tokenPrefix: string) => ({ tokenPrefix }),
  AUTH_TOKEN_CHARACTER_LENGTH: (tokenLength: number) => ({ tokenLength }),
  AUTH_HEADER_PREFIX: (headerPrefix: string) => ({ headerPrefix }),
  AUTO_REFRESH: (autoRefresh: boolean) => ({ autoRefresh }),
  AUTO_REFRESH_MAX_TTL: (autoRefreshMaxTtl: number) => ({ autoRefreshMaxTtl }),
  MIN_REFRESH_INTERVAL: (minRefreshInterval: number) => ({ minRefreshInterval }),
  // `null` is the default.
  EXPIRY_DATETIME_FORMAT: (format: string | null) =>
    format === null ? {} : { expiryFormat: format },
  USER_SERIALIZER: () => ({
    user: ({ id, username, email }) => (isUuid(id) ? { email } : { username }),
  }),
  // There is one here: SHA-256.
  SECURE_HASH_ALGORITHM: () => ({}),
}

/** Whether it is the id of a user of the recorded project's own user model, whose username is the email. */
const isUuid = (id: string): boolean => id.includes('-')

/** The recorded project's own subclasses of `LoginView`, below prefixes of their own. */
const viewsOf = (options: KnoxOptions): readonly KnoxOptions[] => [
  { ...options, prefix: '/knox-basic', authentication: [basic()] },
  { ...options, prefix: '/knox-form', credentials: 'body' },
  {
    ...options,
    prefix: '/knox-own',
    authentication: [basic()],
    autoRefreshMaxTtl: null,
    ttl: 60,
    tokenPrefix: 'own_',
    limit: 1,
    expiryFormat: '%Y',
    response: (body, { user: { username } }) =>
      Response.json(
        { hint: body.token.slice(0, 4), by: username, ...body },
        { status: 201 },
      ),
  },
]

function open(settings: JsonObject): OpenNeighbour {
  const options: KnoxOptions = Object.assign(
    {},
    ...Object.entries(settings).map(([name, value]) => SETTINGS[name]?.(value as never)),
  )
  const preset = knox(options)
  const { scheme } = preset
  return {
    schemes: { knox: scheme },
    options: {
      presets: [preset, ...viewsOf(options).map(knox)],
      // The signal of a sign-in always updates it in Django.
      users: { updateLastLogin: true },
    },
    views: (auth) => [
      [
        /^\/hello\/knox\/$/,
        view((listener) => guardOf(auth)({ schemes: [scheme] }, listener), {
          GET: () => ({ body: { message: 'Hello, World!' } }),
        }),
      ],
    ],
    placeholder: (text, path, now) => expiryPlaceheld(text, path, now, options),
    ...(options.autoRefresh && { settle }),
  }
}

/** Longer than a batch of renewals waits, and then until it is written. */
async function settle(): Promise<void> {
  await sleep(150)
  await turns()
}

function expiryPlaceheld(
  text: string,
  path: string,
  now: number,
  { expiryFormat: format, ttl = 10 * 3600 }: KnoxOptions,
): string | undefined {
  if (path !== 'expiry' || typeof format !== 'string') return undefined
  const expected = strftime(format, new Date((now + Number(ttl)) * 1000))
  return text === expected ? `<now+${ttl} as ${format}>` : undefined
}

export const knoxNeighbour: Neighbour = {
  name: 'knox',
  section: 'REST_KNOX',
  settings: Object.keys(SETTINGS),
  authenticators: ['knox'],
  effect: 'knox',
  open,
  rows(db) {
    const rows = db
      .prepare(
        `select tokens.id, username as user, tokens.created_at, tokens.expires_at, length(digest) as digest_length
         from tokens join users on users.id = tokens.user_id where kind = 'knox' order by tokens.created_at`,
      )
      .all()
    return new Map(
      rows.map((row): [string, Row] => [
        String(row.id),
        {
          user: String(row.user),
          created: dateOf(row.created_at),
          expiry: dateOf(row.expires_at),
          digest_length: Number(row.digest_length),
        },
      ]),
    )
  },
  changesOfOurs: (changes) =>
    Object.fromEntries(
      Object.entries(changes as { readonly [change: string]: readonly JsonObject[] }).map(
        ([change, rows]) => [change, rows.map(rowOfOurs)],
      ),
    ),
}

/** knox stores the first 15 characters and 128 digits of a SHA-512; here are no such characters, and 64 digits of a SHA-256. */
const rowOfOurs = ({ key_length: _, ...row }: JsonObject): JsonObject =>
  'digest_length' in row ? { ...row, digest_length: 64 } : row

const dateOf = (seconds: unknown): Date | null =>
  typeof seconds === 'number' ? new Date(seconds * 1000) : null

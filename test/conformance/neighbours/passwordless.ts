import { guardOf } from '../../../src/adapters/node.ts'
import { NodeRequest } from '../../../src/adapters/node-request.ts'
import { mailbox } from '../../../src/features/mail/mailbox.ts'
import type { Template } from '../../../src/features/mail/templates/template.ts'
import { parseBody } from '../../../src/http/body.ts'
import { parseFields } from '../../../src/http/fields.ts'
import { type PasswordlessOptions, passwordless } from '../../../src/presets/index.ts'
import type { Options } from '../../../src/settings/options.ts'
import type { User } from '../../../src/users/user.ts'
import type { Watchword } from '../../../src/watchword.ts'
import type { Json, JsonObject } from '../recording.ts'
import { type GuardedRequest, view } from '../view.ts'
import type { Neighbour, OpenNeighbour } from './neighbour.ts'
import { outboxSent } from './outbox.ts'

const P = 'PASSWORDLESS_'

/** Instances that a function of the options signs in on: it is made before the instance. */
interface Later {
  auth?: Watchword<User>
}

type Draft = Partial<
  Record<keyof PasswordlessOptions | `PASSWORDLESS_${string}`, unknown>
>

/** The preset's options for each setting. */
const SETTINGS: {
  readonly [setting: string]: (value: never, later: Later) => Draft
} = {
  AUTH_TYPES: (types: string[]) => ({ types: types.map((type) => type.toLowerCase()) }),
  AUTH_PREFIX: (prefix: string) => ({ prefix: pathOf(prefix) }),
  VERIFY_PREFIX: (prefix: string) => ({ verifyPrefix: pathOf(prefix) }),
  REGISTER_NEW_USERS: (register: boolean) => ({ register }),
  TOKEN_EXPIRE_TIME: (lifetime: number) => ({ lifetime }),
  AUTH_TOKEN_CREATOR: (path: string, later) => ({
    issues: path.endsWith('no_token')
      ? () => undefined
      : async ({ user }: { readonly user: User }) =>
          (await later.auth?.apiTokens.keyFor(user.id, { reset: true }))?.token,
  }),
  AUTH_TOKEN_SERIALIZER: () => ({
    response: (
      { token }: { readonly token: string },
      signIn: { readonly user: User },
    ) => ({
      key: token,
      user_id: signIn.user.id,
    }),
  }),
  // There is no such option: the message of the error says so.
  DEMO_USERS: (users: Json) => ({ PASSWORDLESS_DEMO_USERS: users }),
  // A code always verifies the address that it was sent to.
  USER_MARK_EMAIL_VERIFIED: () => ({}),
  USER_MARK_MOBILE_VERIFIED: () => ({}),
  // Addresses are changed by a code that is sent to the new one.
  AUTO_SEND_VERIFICATION_TOKEN: () => ({}),
}

const pathOf = (prefix: string): string => `/${prefix.replace(/\/$/, '')}`

/** Settings that the options `mail` and `sms` stand for. */
const MESSAGES = {
  EMAIL_NOREPLY_ADDRESS: 'noreply@example.test',
  EMAIL_SUBJECT: 'Your Login Token',
  EMAIL_PLAINTEXT_MESSAGE: 'Enter this token to sign in: %s',
  EMAIL_VERIFICATION_SUBJECT: 'Your Verification Token',
  EMAIL_VERIFICATION_PLAINTEXT_MESSAGE: 'Enter this verification code: %s',
  MOBILE_MESSAGE: 'Use this code to log in: %s',
  MOBILE_VERIFICATION_MESSAGE: 'Enter this verification code: %s',
  SMS_CALLBACK: 'oracle.mail.sms',
  MOBILE_NOREPLY_NUMBER: null,
  TEST_SUPPRESSION: false,
} as const

type MessageSettings = {
  readonly [Name in keyof typeof MESSAGES]: string | null | boolean
}

function senders(
  settings: MessageSettings,
  box: ReturnType<typeof mailbox>,
): Pick<Options, 'mail' | 'sms'> {
  const text = (name: keyof MessageSettings, code = ''): string =>
    String(settings[name]).replace('%s', code)
  const letter =
    (kind: 'EMAIL' | 'EMAIL_VERIFICATION'): Template =>
    ({ code }) => ({
      subject: text(`${kind}_SUBJECT`),
      before: [text(`${kind}_PLAINTEXT_MESSAGE`, code)],
    })
  const templates = {
    signIn: letter('EMAIL'),
    verifyEmail: letter('EMAIL_VERIFICATION'),
    signInSms: ({ code }: { readonly code?: string }) => text('MOBILE_MESSAGE', code),
    verifyPhone: ({ code }: { readonly code?: string }) =>
      text('MOBILE_VERIFICATION_MESSAGE', code),
  }
  return {
    ...(settings.EMAIL_NOREPLY_ADDRESS !== null && {
      mail: { transport: box.mail, templates },
    }),
    ...smsOf(settings, box),
  }
}

/** There is no sender of Twilio's here, which their own one is. */
function smsOf(
  { SMS_CALLBACK, TEST_SUPPRESSION }: MessageSettings,
  box: ReturnType<typeof mailbox>,
): Pick<Options, 'sms'> {
  if (TEST_SUPPRESSION === true) return { sms: () => {} }
  return SMS_CALLBACK === MESSAGES.SMS_CALLBACK ? { sms: box.sms } : {}
}

function open(settings: JsonObject): OpenNeighbour {
  const later: Later = {}
  const box = mailbox()
  const named = Object.entries(settings).map(([name, value]) => [
    name.slice(P.length),
    value,
  ])
  const drafts = named.map(([name, value]) =>
    SETTINGS[String(name)]?.(value as never, later),
  )
  const options: PasswordlessOptions = Object.assign({}, ...drafts)
  return {
    schemes: {},
    options: {
      presets: [passwordless(options)],
      // As many codes at once as the conversations ask for; the clock stands still.
      codes: { resendAfter: 0 },
      ...senders({ ...MESSAGES, ...Object.fromEntries(named) }, box),
    },
    views(auth) {
      later.auth = auth
      return [[/^\/auth\/users\/me\/$/, ownUser(auth)]]
    },
    placeholder: () => undefined,
    messages: () => box.messages,
    settle: outboxSent,
  }
}

/** Djoser's view, by which users changed their addresses on the recorded server. */
function ownUser(auth: Watchword<User>) {
  const answer = async (asked: GuardedRequest) => {
    const { id } = asked.auth.user as User
    const body = await parseBody(new NodeRequest(asked))
    const { email } = parseFields({ email: { trim: true } }, body)
    const username = (await auth.users.change(id, { email }))?.username
    return { body: { email, id: Number(id), username } }
  }
  return view((listener) => guardOf(auth)(listener), {
    GET: answer,
    PUT: answer,
    PATCH: answer,
    DELETE: answer,
  })
}

const TYPES: { readonly [purpose: string]: readonly [type: string, aliasType: string] } =
  {
    verify_email: ['VERIFY', 'EMAIL'],
    verify_phone: ['VERIFY', 'MOBILE'],
  }

export const passwordlessNeighbour: Neighbour = {
  name: 'passwordless',
  section: 'PASSWORDLESS_AUTH',
  settings: [...Object.keys(SETTINGS), ...Object.keys(MESSAGES)].map((name) => P + name),
  authenticators: [],
  effect: 'codes',
  open,
  rows(db) {
    const rows = db
      .prepare(
        `select codes.id, users.username as user, purpose, target, redeemed_at
         from codes left join users on users.id = codes.user_id order by codes.created_at`,
      )
      .all()
    return new Map(
      rows.map(({ id, user, purpose, target, redeemed_at }) => {
        const byPhone = String(target).startsWith('+')
        const [type, aliasType] = TYPES[String(purpose)] ?? [
          'AUTH',
          byPhone ? 'MOBILE' : 'EMAIL',
        ]
        return [
          String(id),
          {
            user: user === null ? null : String(user),
            type,
            to_alias_type: aliasType,
            to_alias: String(target),
            is_active: redeemed_at === null,
          },
        ]
      }),
    )
  },
  userMembers: ({ email_verified_at, phone, phone_verified_at }) => ({
    mobile: phone ?? null,
    email_verified: email_verified_at !== null,
    mobile_verified: phone_verified_at !== null,
  }),
  changesOfOurs,
}

/** A newer code replaces the row of the former one, which drfpasswordless keeps as inactive. */
function changesOfOurs({ changed = [], ...changes }: JsonObject): JsonObject {
  const [replaced, others] = [[] as Json[], [] as Json[]]
  const created = (changes.created ?? []) as readonly JsonObject[]
  for (const row of changed as readonly JsonObject[]) {
    const isReplaced = created.some(
      ({ type, to_alias }) => type === row.type && to_alias === row.to_alias,
    )
    if (isReplaced) replaced.push({ user: row.user ?? null })
    else others.push(row)
  }
  return {
    ...changes,
    ...(replaced.length > 0 && { deleted: replaced }),
    ...(others.length > 0 && { changed: others }),
  }
}

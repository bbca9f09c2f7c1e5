import { AuthError, configError } from '../../base/errors.ts'
import { listOf } from '../../base/optional.ts'
import { accountOptions } from '../../features/accounts/options.ts'
import { hasAccounts, requireMail } from '../../features/accounts/settings.ts'
import type { EndpointSettings } from '../../features/core.ts'
import type { PathlessEndpoint } from '../../features/define-feature.ts'
import type { Method, MethodHandler } from '../../http/endpoint.ts'
import { isAuthenticated } from '../../permissions/basic-permissions.ts'
import type { Principal } from '../../permissions/permission.ts'
import { fieldError } from '../../users/field-errors.ts'
import { type DjoserMessage, type DjoserSettings, MESSAGES } from './options.ts'

type Handlers = Readonly<Partial<Record<Method, MethodHandler<string, Principal>>>>

/** An endpoint of Djoser's router: methods that it does not have ask for credentials first. */
export const routed = (name: string, methods: Handlers): PathlessEndpoint => ({
  name,
  requirement: isAuthenticated,
  methods: methods as PathlessEndpoint['methods'],
})

/** Text fields with what a browser's form adds at their ends. */
export const TEXT = { trim: true, maxBytes: 1024 } as const

/** @throws AuthError `invalid` unless the second field repeats the first */
export function requireSame(
  first: string | undefined,
  second: string | undefined,
  message: DjoserMessage,
): void {
  if (second !== undefined && first !== second)
    throw fieldError({ non_field_errors: [MESSAGES[message]] })
}

/** Stops the start without what all of Djoser's endpoints build on. @throws AuthError `invalid_config` */
export function requireAccounts({ section }: Pick<EndpointSettings, 'section'>): void {
  if (!hasAccounts(section))
    throw configError(
      'djoser() needs the option accounts: add accounts: true, and endpoints: { signUp: false } for the same path.',
    )
  requireMail('djoser()', { section })
  if (section(accountOptions)?.form === 'digits')
    throw configError(
      'djoser() mails links: remove accounts: { form: "digits" }, or the preset.',
    )
}

/** How errors of the features read in Djoser. */
export type Translate = (error: AuthError) => AuthError

/** The option `messages`, in place of Djoser's own, after the renaming of fields. */
export const errorsWith =
  ({ messages }: DjoserSettings, translate: Translate = (error) => error): Translate =>
  (error) => {
    const translated = translate(error)
    const own = ownTexts(messages)
    const { code, message, detail, body, challenges, retryAfter } = translated
    if (own.size === 0) return translated
    return new AuthError(code, message, {
      detail: own.get(detail) ?? detail,
      ...(body !== undefined && { body: withTexts(body, own) as object }),
      ...(challenges !== undefined && { challenges }),
      ...(retryAfter !== undefined && { retryAfter }),
    })
  }

const ownTexts = (messages: DjoserSettings['messages']): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(messages).flatMap(([name, text]) =>
      listOf(text).map((own) => [MESSAGES[name as DjoserMessage], own] as const),
    ),
  )

function withTexts(value: unknown, own: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return own.get(value) ?? value
  if (Array.isArray(value)) return value.map((each) => withTexts(each, own))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withTexts(each, own)]),
  )
}

/** Renames fields of an error's body. */
export const renaming =
  (names: Readonly<Record<string, string>>): Translate =>
  (error) => {
    if (error.code !== 'invalid' || error.body === undefined) return error
    if (Array.isArray(error.body)) return error
    const body = Object.fromEntries(
      Object.entries(error.body).map(([name, value]) => [names[name] ?? name, value]),
    )
    return new AuthError('invalid', error.message, { body })
  }

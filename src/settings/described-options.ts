import type { DescribedOption } from '../features/core.ts'
import { DJANGO_NAMES } from './django-names.ts'

export interface DescribedSource {
  readonly paths: readonly string[]
  /** As they were passed. */
  readonly options: object
  /** The same, parsed: with the defaults. */
  readonly parsed: object
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The options that strings of are shown. Every other string, a new option's too, may be a secret. */
const SHOWN = new Set([
  'url',
  'path',
  'counts',
  'tokens.transport',
  'tokens.reuse',
  'tokens.algorithm',
  'tokens.refreshAlgorithm',
  'tokens.audience',
  'tokens.issuer',
  'tokens.headerTypes',
  'tokens.headerName',
  'tokens.userIdField',
  'tokens.userIdClaim',
  'tokens.typeClaim',
  'tokens.jtiClaim',
  'tokens.types',
  'tokens.checkRevoke',
  'tokens.revokeClaim',
  'tokens.revokeClaimName',
  'users.loginField',
  'slidingTokens.refreshClaim',
  'tokenCookies.accessCookie',
  'tokenCookies.refreshCookie',
  'tokenCookies.csrfCookie',
  'tokenCookies.refreshPath',
  'tokenCookies.domain',
  'tokenCookies.sameSite',
  'tokenCookies.origins',
  'accounts.signUp',
  'accounts.form',
  'accounts.password',
  'accounts.passwordChangeRevokes',
  'accounts.fields',
  'accounts.tokenScopes',
  'secondFactors.issuer',
  'secondFactors.required',
  'passkeys.rpName',
  'passkeys.rpId',
  'passkeys.origins',
  'passkeys.userVerification',
  'pages.name',
  'pages.path',
  'pages.home',
  'pages.color',
  'users.trimPassword',
])

/** Environment variables, by the option that each stands for. */
const VARIABLES: Readonly<Record<string, string>> = {
  url: 'WATCHWORD_URL',
  database: 'WATCHWORD_DATABASE',
  secret: 'WATCHWORD_SECRET',
  redis: 'WATCHWORD_REDIS',
}

/** Every option that is in force. Secrets are not in it. */
export function describedOptions(source: DescribedSource): readonly DescribedOption[] {
  return source.paths
    .filter((path) => isLeaf(path, source) && !isInUnsetSection(path, source))
    .map((path) => described(path, source))
}

/** Whether it has no members, or is not an object here: `accounts: true`. */
const isLeaf = (path: string, { paths, options }: DescribedSource): boolean => {
  if (!paths.some((each) => each.startsWith(`${path}.`))) return true
  const given = valueAt(options, path)
  if (given === undefined) return false
  return typeof given !== 'object'
}

/** Members of a section that is off, or that is one value, are not in force. */
function isInUnsetSection(path: string, { parsed }: DescribedSource): boolean {
  const section = path.split('.').slice(0, -1).join('.')
  if (section === '') return false
  const value = valueAt(parsed, section)
  return typeof value !== 'object' || value === null
}

function described(path: string, source: DescribedSource): DescribedOption {
  const given = valueAt(source.options, path)
  const variable = VARIABLES[path] ?? ''
  const fromEnv = given === undefined && source.env[variable] ? variable : undefined
  const value = given ?? source.env[variable] ?? valueAt(source.parsed, path)
  return {
    path,
    value: shownValue(path, value),
    from: fromEnv ?? (given === undefined ? 'default' : 'options'),
    django: Object.keys(DJANGO_NAMES).filter((name) => DJANGO_NAMES[name] === path),
  }
}

const valueAt = (root: object, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => memberOf(value, name), root)

function memberOf(value: unknown, name: string): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
    return Reflect.get(value, name)
  return undefined
}

const DURATION = /^\d+(?:\.\d+)?[smhd]$/

function shownValue(path: string, value: unknown): string {
  if (value === undefined || value === null) return 'not set'
  if (value === true) return 'on'
  if (value === false) return 'off'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'function') return 'a function'
  if (path === 'database' && typeof value === 'string') return databaseText(value)
  if (path === 'roles') return rolesText(value as object)
  if (path === 'user') return Object.keys(value as object).join(', ') || 'none'
  if (Array.isArray(value)) return listText(path, value)
  if (typeof value !== 'string') return rateText(value as object) ?? 'set'
  if (SHOWN.has(path) || DURATION.test(value)) return value
  return 'set'
}

/** A rate, as `{ limit, per }`. */
function rateText(value: object): string | undefined {
  const { limit, per } = value as { readonly limit?: unknown; readonly per?: unknown }
  const isRate = typeof limit === 'number' && typeof per === 'number'
  if (!isRate) return undefined
  return `${limit} in ${per} s`
}

function listText(path: string, list: readonly unknown[]): string {
  if (list.length === 0) return 'none'
  const isShown = SHOWN.has(path) && list.every((each) => typeof each === 'string')
  if (isShown) return list.join(', ')
  return `${list.length} set`
}

/** Names of roles and permissions are no secrets. */
const rolesText = (roles: object): string => Object.keys(roles).join(', ') || 'none'

/** Without what may be a password: see `shownDatabase` of the command. */
function databaseText(database: string): string {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(database)?.[1]
  if (scheme === undefined) return database
  const host = database.replace(/^[^/]*\/\//, '').replace(/^.*@/s, '')
  return `${scheme}://${host.replace(/\?.*$/s, '')}`
}

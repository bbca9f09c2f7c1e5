import { ifDefined } from '../../../base/optional.ts'
import { facts, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { relativeTimeOf } from '../../../pages/time.ts'
import { nameOf } from '../../../passwords/encodings.ts'
import type { Factor } from '../../second-factors/factors.ts'
import type { StaffVisit } from './staff-visit.ts'
import { NONE, valueText, whenText } from './text.ts'
import type { UserData } from './user-data.ts'
import { lastSignIn } from './users.ts'

/** What is known of a user. */
export function accountFacts({ now }: StaffVisit, { account, factors }: UserData): Html {
  const { user, hash } = account
  return facts([
    ['Id', html`<code>${user.id}</code>`],
    ['Username', user.username],
    ['E-mail', addressText(user.email, user.emailVerifiedAt)],
    ['Phone', addressText(user.phone, user.phoneVerifiedAt)],
    ['Password', passwordText(hash)],
    ['Second factor', factorList(factors, now)],
    ['Created', whenText(user.joinedAt, now)],
    ['Last sign-in', lastSignIn(user, now)],
    ...Object.entries(user.attributes).map(
      ([name, value]) => [name, valueText(value) || NONE] as const,
    ),
  ])
}

function addressText(
  address: string | undefined,
  verifiedAt: number | undefined,
): HtmlValue {
  if (address === undefined) return NONE
  return html`${address} ${verifiedTag(verifiedAt)}`
}

function verifiedTag(verifiedAt: number | undefined): Html {
  if (verifiedAt === undefined) return tag('not verified', 'warn')
  return tag('verified', 'good')
}

function passwordText(hash: string): string {
  if (hash.startsWith('!')) return 'none'
  return nameOf(hash)
}

function factorList(factors: readonly Factor[], now: number): HtmlValue {
  if (factors.length === 0) return 'none'
  return html`<ul>${factors.map((factor) => factorItem(factor, now))}</ul>`
}

const KINDS = { totp: 'authenticator app', passkey: 'passkey' } as const

const factorItem = ({ kind, label, lastUsedAt }: Factor, now: number): Html =>
  html`<li>${KINDS[kind]}${label !== '' && html` “${label}”`}, ${usedText(lastUsedAt, now)}</li>`

function usedText(lastUsedAt: number | undefined, now: number): HtmlValue {
  const text = ifDefined(
    lastUsedAt,
    (moment) => html`used ${relativeTimeOf(moment, now)}`,
  )
  return text ?? 'never used'
}

import { listIf } from '../../../base/optional.ts'
import { tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StoredUser } from '../../../users/user.ts'
import { NONE } from './text.ts'

/** Usernames by ids. */
export type Names = ReadonlyMap<string, string>

export const pathOfUser = (id: string): string =>
  `/console/users/${encodeURIComponent(id)}/`

/** @param names of users; one who is not in it is shown by the id */
export function userLink(id: string | undefined, names: Names): HtmlValue {
  if (id === undefined) return NONE
  return html`<a href="${pathOfUser(id)}">${names.get(id) ?? id}</a>`
}

/** The states of a user, in words. */
export function statusTags(user: StoredUser): Html {
  const isUnverified = user.email !== undefined && user.emailVerifiedAt === undefined
  return html`${activeTag(user)}${isUnverified && html` ${tag('not verified', 'warn')}`}`
}

function activeTag({ active }: StoredUser): Html {
  if (active) return tag('active', 'good')
  return tag('deactivated', 'bad')
}

export const rightsText = ({ roles, staff, superuser }: StoredUser): string =>
  [...roles, ...listIf(staff, 'staff'), ...listIf(superuser, 'superuser')].join(', ') ||
  'none'

const FACTORS: Readonly<Record<string, string>> = { totp: 'app' }

export const factorText = (kinds: readonly string[]): string =>
  kinds.map((kind) => FACTORS[kind] ?? kind).join(', ') || 'none'

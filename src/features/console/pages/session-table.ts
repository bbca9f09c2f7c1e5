import { ifDefined, listIf } from '../../../base/optional.ts'
import {
  button,
  type Column,
  form,
  hidden,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { relativeTimeOf } from '../../../pages/time.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import { placeIn } from '../../pages/places.ts'
import { deviceText } from './device.ts'
import type { StaffVisit } from './staff-visit.ts'
import { whenText } from './text.ts'
import { type Names, userLink } from './user-texts.ts'

/** Data of a session table that is not in the rows of sessions. */
export interface SessionWords {
  readonly names: Names
  /** By addresses: as the option `pages.geo` says. */
  readonly places: ReadonlyMap<string, string>
}

export interface SessionTable {
  readonly words: SessionWords
  /** Whether there is a column of users. */
  readonly hasUsers: boolean
  readonly caption: string
  /** The `action` of the forms of the buttons. */
  readonly action: string
  /** Whether the visitor may revoke what this user has: else there is no button. */
  readonly canRevoke: (userId: string | undefined) => boolean
}

export function sessionTable(
  visit: StaffVisit,
  rows: readonly StoredSession[],
  { words, hasUsers, caption, action, canRevoke }: SessionTable,
): Html {
  const user: Column<StoredSession> = {
    title: 'User',
    cell: ({ userId }) => userLink(userId, words.names),
  }
  const columns = [
    ...listIf(hasUsers, user),
    ...originColumns(words),
    ...useColumns(visit),
    {
      title: 'Action',
      cell: (each: StoredSession) =>
        canRevoke(each.userId) && revokeForm(visit, each, action),
    },
  ]
  return table(caption, columns, rows)
}

const originColumns = ({
  names,
  places,
}: SessionWords): readonly Column<StoredSession>[] => [
  {
    title: 'Device',
    cell: (session) =>
      html`${deviceText(session.userAgent)}${applicationText(session)}${actorText(session, names)}`,
  },
  { title: 'Address', cell: ({ address }) => addressText(address, places) },
  { title: 'Signed in with', cell: ({ amr }) => methodsText(amr) },
]

const useColumns = (visit: StaffVisit): readonly Column<StoredSession>[] => [
  { title: 'Since', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
  { title: 'Last used', cell: (session) => lastUseText(session, visit) },
  { title: 'State', cell: (session) => stateTag(session, visit.now) },
]

function addressText(
  address: string | undefined,
  places: SessionWords['places'],
): HtmlValue {
  if (address === undefined) return 'unknown'
  const place = placeIn(places, address)
  return html`<code>${address}</code>${place !== undefined && html`<small>${place}</small>`}`
}

const isActive = ({ revokedAt, expiresAt, idleExpiresAt }: StoredSession, now: number) =>
  revokedAt === undefined && Math.min(expiresAt, idleExpiresAt) > now

function stateTag(session: StoredSession, now: number): Html {
  const { revokeReason } = session
  if (revokeReason !== undefined) return tag(`revoked: ${revokeReason}`, 'bad')
  if (isActive(session, now)) return tag('active', 'good')
  return tag('expired')
}

/** Uses of this process may not be written yet. */
function lastUseText(session: StoredSession, { core, now }: StaffVisit): HtmlValue {
  const at = core.sessions?.findUse(session.id) ?? session.lastUsedAt ?? session.rotatedAt
  return ifDefined(at, (moment) => relativeTimeOf(moment, now)) ?? 'not yet'
}

const actorText = ({ actor }: StoredSession, names: Names): HtmlValue =>
  actor !== undefined &&
  html`<small>${names.get(actor) ?? actor} acts as the user</small>`

/** The session of an application that acts for the user (the option `oauth`). */
const applicationText = ({ clientId }: StoredSession): HtmlValue =>
  clientId !== undefined && html`<small>connected application ${clientId}</small>`

/** Values of `amr` (RFC 8176 §2), in words. */
const METHODS: Readonly<Record<string, string>> = {
  pwd: 'password',
  otp: 'app',
  sms: 'text message',
  hwk: 'passkey',
  swk: 'passkey',
  link: 'link in a mail',
  mfa: 'several',
}

function methodsText(amr: readonly string[] | undefined): string {
  if (amr === undefined) return 'unknown'
  return amr.map((each) => METHODS[each] ?? each).join(', ') || 'a program'
}

const revokeForm = (
  visit: StaffVisit,
  session: StoredSession,
  action: string,
): HtmlValue =>
  isActive(session, visit.now) &&
  form(
    visit,
    { action },
    html`${hidden('action', 'revoke-session')}${hidden('session', session.id)}${button(html`Revoke<span class="seen-not"> session on ${deviceText(session.userAgent)}, ${session.id}</span>`, { kind: 'small' })}`,
  )

import { seeOther } from '../../../pages/answers.ts'
import { button, form, hidden, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { SigningKey } from '../../signing-keys/signing-key.ts'
import { listSigningKeys } from '../../signing-keys/signing-keys.ts'
import { consoleStore } from '../store.ts'
import { endSigningKey } from '../user-actions.ts'
import { revocableOf } from '../user-rules.ts'
import { userIn } from './find-user.ts'
import { filterField, filters, isFiltered, listPage, NO_ROWS } from './list.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { NONE, whenText } from './text.ts'
import { type Names, userLink } from './user-texts.ts'

const PATH = '/console/signing-keys/'

interface Shown {
  readonly names: Names
  readonly canRevoke: (userId: string | undefined) => boolean
}

const handlers: ConsoleHandlers = {
  async get(visit) {
    const rows = await findKeys(visit)
    const ids = [...new Set(rows.flatMap(({ userId }) => userId ?? []))]
    const [names, canRevoke] = await Promise.all([
      visit.core.ports(consoleStore).console.findNames(ids),
      revocableOf(ids, visit),
    ])
    return keysPage(visit, rows, { names, canRevoke })
  },
  async post(visit) {
    await endSigningKey(visit.form.text('key'), visit)
    return seeOther(`${PATH}?done=revoked`)
  },
}

/** `/console/signing-keys/`: the newest thousand. */
export const signingKeys = forStaff(handlers)

async function findKeys(visit: StaffVisit): Promise<readonly SigningKey[]> {
  const clientId = visit.query.get('client')
  if (clientId) return listSigningKeys({ clientId }, visit.core)
  const named = await userIn(visit.query, visit.core)
  if (named === undefined) return []
  const { userId } = named
  return listSigningKeys(userId === undefined ? undefined : { userId }, visit.core)
}

const keysPage = (visit: StaffVisit, rows: readonly SigningKey[], shown: Shown): Html =>
  listPage<SigningKey>(visit, {
    title: 'Request signing keys',
    current: 'signingKeys',
    path: PATH,
    noun: 'signing keys',
    found: { ...NO_ROWS, rows },
    done: { revoked: 'The signing key was revoked.' },
    above: html`<p>Keys with which programs of users, and applications, sign their requests.</p>
${filters(
  PATH,
  html`${filterField(visit, { name: 'user', label: 'User', title: 'Name, e-mail or id' })}
${filterField(visit, { name: 'client', label: 'Application', title: 'Its client id' })}`,
)}`,
    none: noKeys(visit),
    table: (all) => keyTable(visit, all, shown),
  })

function noKeys(visit: StaffVisit): HtmlValue {
  if (isFiltered(visit, ['user', 'client']))
    return html`<p><strong>No signing key matches.</strong></p><p><a href="${PATH}">Show all</a></p>`
  return html`<p><strong>No signing keys.</strong></p><p>Users create them with their account, programs with <code>auth.signingKeys.create</code>, operators with <code>watchword signing-key create</code>.</p>`
}

const keyTable = (
  visit: StaffVisit,
  rows: readonly SigningKey[],
  { names, canRevoke }: Shown,
): Html =>
  table<SigningKey>(
    'Keys, the newest first',
    [
      {
        title: 'Key',
        cell: ({ id, label }) => html`${label ?? NONE}<small class="mono">${id}</small>`,
      },
      { title: 'Owner', cell: (key) => ownerText(key, names) },
      { title: 'Algorithm', cell: ({ algorithm }) => algorithm },
      { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') || NONE },
      { title: 'Created', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
      { title: 'Last used', cell: ({ lastUsedAt }) => timeText(lastUsedAt, visit) },
      { title: 'Expires', cell: (key) => expiryText(key, visit) },
      { title: 'Action', cell: (key) => canRevoke(key.userId) && revokeForm(visit, key) },
    ],
    rows,
  )

const ownerText = ({ userId, clientId }: SigningKey, names: Names): HtmlValue =>
  userId === undefined
    ? html`application<small class="mono">${clientId}</small>`
    : userLink(userId, names)

const timeText = (moment: number | undefined, { now }: StaffVisit): HtmlValue =>
  moment === undefined ? NONE : whenText(moment, now)

function expiryText({ expiresAt }: SigningKey, { now }: StaffVisit): HtmlValue {
  if (expiresAt === undefined) return 'never'
  return html`${whenText(expiresAt, now)}${expiresAt <= now && html` ${tag('expired')}`}`
}

const revokeForm = (visit: StaffVisit, { id, label }: SigningKey): HtmlValue =>
  form(
    visit,
    { action: PATH },
    html`${hidden('key', id)}${button(html`Revoke<span class="seen-not"> ${label ?? id}</span>`, { kind: 'small' })}`,
  )

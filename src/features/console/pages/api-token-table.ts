import { ifDefined, listOf } from '../../../base/optional.ts'
import {
  button,
  type Column,
  form,
  hidden,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { ListedApiToken } from '../../api-tokens/api-token.ts'
import type { StaffVisit } from './staff-visit.ts'
import { NONE, whenText } from './text.ts'
import { type Names, userLink } from './user-texts.ts'

export interface ApiTokenTable {
  /** Of their users; without it the column is left out. */
  readonly names?: Names
  readonly caption: string
  /** The `action` of the forms of the buttons. */
  readonly action: string
  /** Whether the visitor may revoke what this user has: else there is no button. */
  readonly canRevoke: (userId: string | undefined) => boolean
}

export function apiTokenTable(
  visit: StaffVisit,
  rows: readonly ListedApiToken[],
  { names, caption, action, canRevoke }: ApiTokenTable,
): Html {
  const user = ifDefined(names, userColumn)
  return table<ListedApiToken>(
    caption,
    [
      { title: 'Token', cell: ({ hint }) => html`<code>${hint}…</code>` },
      { title: 'Name', cell: ({ name, kind }) => name ?? kind ?? NONE },
      ...listOf(user),
      { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') || 'full access' },
      { title: 'Created', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
      { title: 'Expires', cell: (token) => expiryText(token, visit.now) },
      {
        title: 'Action',
        cell: (token) => canRevoke(token.userId) && revokeForm(visit, token, action),
      },
    ],
    rows,
  )
}

const userColumn = (names: Names): Column<ListedApiToken> => ({
  title: 'User',
  cell: ({ userId }) => userLink(userId, names),
})

function expiryText({ expiresAt }: ListedApiToken, now: number): HtmlValue {
  if (expiresAt === undefined) return 'never'
  return html`${whenText(expiresAt, now)}${expiresAt <= now && html` ${tag('expired')}`}`
}

const revokeForm = (
  visit: StaffVisit,
  token: ListedApiToken,
  action: string,
): HtmlValue =>
  form(
    visit,
    { action },
    html`${hidden('action', 'revoke-token')}${hidden('token', token.id)}${button(html`Revoke<span class="seen-not"> ${token.name ?? token.hint}</span>`, { kind: 'small' })}`,
  )

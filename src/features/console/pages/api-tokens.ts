import { seeOther } from '../../../pages/answers.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { ListedApiToken } from '../../api-tokens/api-token.ts'
import type { Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { endApiToken } from '../user-actions.ts'
import { revocableOf } from '../user-rules.ts'
import { type ApiTokenTable, apiTokenTable } from './api-token-table.ts'
import { userIn } from './find-user.ts'
import {
  filterChoice,
  filterField,
  filters,
  isFiltered,
  listPage,
  NO_ROWS,
} from './list.ts'
import { cursorIn } from './place.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'

const PATH = '/console/api-tokens/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const found = await findTokens(visit)
    const ids = [...new Set(found.rows.map(({ userId }) => userId))]
    const [names, canRevoke] = await Promise.all([
      visit.core.ports(consoleStore).console.findNames(ids),
      revocableOf(ids, visit),
    ])
    return tokensPage(visit, found, { names, canRevoke })
  },
  async post(visit) {
    await endApiToken(visit.form.text('token'), visit)
    return seeOther(`${PATH}?done=revoked`)
  },
}

export const apiTokens = forStaff(handlers)

const STATES = ['unlimited', 'expiring', 'expired'] as const

async function findTokens({
  query,
  core,
}: StaffVisit): Promise<Page<ListedApiToken, Place>> {
  const named = await userIn(query, core)
  if (named === undefined) return NO_ROWS
  const state = STATES.find((each) => each === query.get('state'))
  const filter = { ...named, state, search: query.get('q') ?? '' }
  const reads = core.ports(consoleStore).console
  return reads.findApiTokens(filter, core.clock(), cursorIn(query))
}

const tokensPage = (
  visit: StaffVisit,
  found: Page<ListedApiToken, Place>,
  shown: Pick<ApiTokenTable, 'names' | 'canRevoke'>,
): Html =>
  listPage<ListedApiToken>(visit, {
    title: 'API tokens',
    current: 'tokens',
    path: PATH,
    noun: 'API tokens',
    found,
    done: { revoked: 'The API token was revoked.' },
    above: tokenFilters(visit),
    none: noTokens(visit),
    table: (rows) =>
      apiTokenTable(visit, rows, {
        ...shown,
        caption: 'API tokens, the newest first',
        action: PATH,
      }),
  })

function noTokens(visit: StaffVisit): HtmlValue {
  if (!isFiltered(visit, ['q', 'user', 'state']))
    return html`<p><strong>No API tokens.</strong></p><p>Users create them with their account, programs with <code>auth.apiTokens.create</code>, operators with <code>watchword token create</code>.</p>`
  return html`<p><strong>${notFoundText(visit)}</strong></p>
<p>Tokens of this service begin with <code>ww_</code>, unless another prefix was given. <a href="${PATH}">Show all</a></p>`
}

function notFoundText({ query }: StaffVisit): string {
  const text = query.get('q')
  if (!text) return 'No API token matches.'
  return `No API token matches “${text}”.`
}

const tokenFilters = (visit: StaffVisit): Html =>
  filters(
    PATH,
    html`${filterField(visit, { name: 'q', label: 'Search', type: 'search', title: 'Name, or the first characters of a token' })}
${filterField(visit, { name: 'user', label: 'User', title: 'Name, e-mail or id' })}
${filterChoice(visit, 'state', 'State', STATE_TEXTS)}`,
  )

const STATE_TEXTS = {
  '': 'all',
  unlimited: 'never expires',
  expiring: 'expires in 14 days',
  expired: 'expired',
}

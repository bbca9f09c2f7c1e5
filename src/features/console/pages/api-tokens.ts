import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  empty,
  field,
  form,
  hidden,
  select,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { ListedApiToken } from '../../api-tokens/api-token.ts'
import type { ApiTokenFilter, Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { revokeApiToken } from '../verbs.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { placeIn, placeText } from './place.ts'
import { findUserId, userLink } from './sessions.ts'
import {
  consolePage,
  cutNotice,
  doneNotice,
  filters,
  listPager,
  whenText,
} from './shell.ts'

const PATH = '/console/api-tokens/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const { core, query } = visit
    const reads = core.ports(consoleStore).console
    const filter = await filterIn(visit)
    const page =
      filter === undefined
        ? NOTHING
        : await reads.findApiTokens(filter, core.clock(), placeIn(query.get('after')))
    const ids = [...new Set(page.rows.map(({ userId }) => userId))]
    return tokensPage(visit, page, await reads.findNames(ids))
  },
  async post(visit) {
    await revokeApiToken(visit.form.text('token'), visit)
    return seeOther(`${PATH}?done=revoked`)
  },
}

export const apiTokens = forStaff(handlers)

const NOTHING: Page<ListedApiToken, Place> = { rows: [], next: undefined, isCut: false }

const STATES = ['unlimited', 'expiring', 'expired'] as const

/** @returns `undefined` if a user is asked for whom there is not */
async function filterIn({
  query,
  core,
}: StaffVisit): Promise<ApiTokenFilter | undefined> {
  const user = (query.get('user') ?? '').trim()
  const userId = user === '' ? undefined : await findUserId(user, core)
  if (user !== '' && userId === undefined) return undefined
  const state = STATES.find((each) => each === query.get('state'))
  return { userId, state, search: query.get('q') ?? '' }
}

type Names = ReadonlyMap<string, string>

const tokensPage = (
  visit: StaffVisit,
  { rows, next, isCut }: Page<ListedApiToken, Place>,
  names: Names,
): Html =>
  consolePage(visit, {
    title: 'API tokens',
    current: 'tokens',
    main: html`<h1>API tokens</h1>
${doneNotice(visit, { revoked: 'The API token was revoked.' })}
${tokenFilters(visit)}
${isCut && cutNotice('API tokens')}
${rows.length === 0 && !isCut ? noTokens(visit) : apiTokenTable(visit, rows, names, 'API tokens, the newest first', PATH)}
${listPager(visit, PATH, next && placeText(next))}`,
  })

function noTokens({ query }: StaffVisit): Html {
  const isFiltered = ['q', 'user', 'state'].some((name) => query.get(name))
  if (!isFiltered)
    return empty(
      html`<p><strong>No API tokens.</strong></p><p>Users create them with their account, programs with <code>auth.apiTokens.create</code>, operators with <code>watchword token create</code>.</p>`,
    )
  const text = query.get('q')
  return empty(html`<p><strong>${text ? html`No API token matches “${text}”.` : 'No API token matches.'}</strong></p>
<p>Tokens of this service begin with <code>ww_</code>, unless another prefix was given. <a href="${PATH}">Show all</a></p>`)
}

const tokenFilters = (visit: StaffVisit): Html => {
  const chosen = (name: string): string => visit.query.get(name) ?? ''
  return filters(
    PATH,
    html`${field(visit, { name: 'q', label: 'Search', type: 'search', value: chosen('q'), required: false, autocomplete: 'off', title: 'Name, or the first characters of a token' })}
${field(visit, { name: 'user', label: 'User', value: chosen('user'), required: false, autocomplete: 'off', title: 'Name, e-mail or id' })}
${select(visit, {
  name: 'state',
  label: 'State',
  value: chosen('state'),
  choices: [
    { value: '', text: 'all' },
    { value: 'unlimited', text: 'never expires' },
    { value: 'expiring', text: 'expires in 14 days' },
    { value: 'expired', text: 'expired' },
  ],
})}`,
  )
}

/** @param names of their users; without it the column is left out @param action where the buttons send their forms */
export const apiTokenTable = (
  visit: StaffVisit,
  rows: readonly ListedApiToken[],
  names: Names | undefined,
  caption: string,
  action: string,
): Html =>
  table(
    caption,
    [
      { title: 'Token', cell: ({ hint }: ListedApiToken) => html`<code>${hint}…</code>` },
      { title: 'Name', cell: ({ name, kind }) => name ?? kind ?? '–' },
      ...(names === undefined
        ? []
        : [
            {
              title: 'User',
              cell: ({ userId }: ListedApiToken) => userLink(userId, names),
            },
          ]),
      { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') || 'full access' },
      { title: 'Created', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
      { title: 'Expires', cell: (token) => expiryText(token, visit.now) },
      {
        title: 'Action',
        cell: (token) =>
          visit.can('watchword.change') && revokeForm(visit, token, action),
      },
    ],
    rows,
  )

function expiryText({ expiresAt }: ListedApiToken, now: number): Html {
  if (expiresAt === undefined) return html`never`
  return html`${whenText(expiresAt, now)}${expiresAt <= now && html` ${tag('expired')}`}`
}

const revokeForm = (visit: StaffVisit, token: ListedApiToken, action: string): Html =>
  form(
    visit,
    { action },
    html`${hidden('action', 'revoke-token')}${hidden('token', token.id)}${button(html`Revoke<span class="seen-not"> ${token.name ?? token.hint}</span>`, { kind: 'small' })}`,
  )

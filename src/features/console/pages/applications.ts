import { table } from '../../../pages/components.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { OAuthClient } from '../../oauth/client.ts'
import {
  APPLICATIONS,
  clientsOf,
  pathOfApplication,
  proofText,
  stateTag,
} from './application-parts.ts'
import { listPage, NO_ROWS } from './list.ts'
import { forStaff, type StaffVisit } from './staff-visit.ts'
import { NONE, plural, whenText } from './text.ts'

/** `/console/applications/`: those that are registered for OAuth. There are few, so that they are on one page. */
export const applications = forStaff({
  async get(visit) {
    const rows = await clientsOf(visit).list()
    return listPage<OAuthClient>(visit, {
      title: 'Applications',
      current: 'applications',
      path: APPLICATIONS,
      noun: 'applications',
      found: { ...NO_ROWS, rows },
      links: visit.can('watchword.change') && REGISTER,
      done: { deleted: 'The application was deleted, and its tokens were revoked.' },
      above: html`<p>Other applications that sign users in here, act for them with their consent, or have tokens for themselves.</p>`,
      none: html`<p><strong>No applications.</strong></p><p>They are registered here, with <code>auth.clients.create</code>, or with <code>watchword client create</code>.</p>`,
      table: (all) => applicationTable(visit, all),
    })
  },
})

const REGISTER = html`<a class="btn main push" href="${APPLICATIONS}new/">Register an application</a>`

const applicationTable = (visit: StaffVisit, rows: readonly OAuthClient[]): Html =>
  table<OAuthClient>(
    `${plural(rows.length, 'application')}, the newest first`,
    [
      {
        title: 'Name',
        cell: ({ id, name }) =>
          html`<a href="${pathOfApplication(id)}">${name}</a><small class="mono">${id}</small>`,
      },
      { title: 'State', cell: stateTag },
      { title: 'Grants', cell: ({ grants }) => grants.join(', ') },
      { title: 'Scopes', cell: ({ scopes }) => scopes.join(', ') || NONE },
      { title: 'Proof', cell: proofText },
      { title: 'Registered', cell: ({ createdAt }) => whenText(createdAt, visit.now) },
    ],
    rows,
  )

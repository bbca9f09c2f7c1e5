import type { UnixSeconds } from '../../../base/clock.ts'
import { isStorable } from '../../../base/storable.ts'
import { type Html, html } from '../../../pages/html.ts'
import type { UserId } from '../../../users/user.ts'
import type { Core } from '../../core.ts'
import type { EventFilter } from '../listing.ts'
import { findUserId, userIn } from './find-user.ts'
import { filterChoice, filterField, filters, sinceIn } from './list.ts'
import type { StaffVisit } from './staff-visit.ts'

export const EVENT_FILTERS = ['kind', 'user', 'address', 'in', 'since', 'until']

/** @returns `undefined` if the filter names an unknown user */
export async function eventFilterIn(visit: StaffVisit): Promise<EventFilter | undefined> {
  const { query, core } = visit
  const named = await userIn(query, core, userOfEvents)
  if (named === undefined) return undefined
  return {
    ...named,
    kind: core.eventKinds.find((kind) => kind === query.get('kind')),
    address: addressIn(query),
    since: momentIn(query.get('since')) ?? sinceIn(visit, 'in'),
    until: momentIn(query.get('until')),
  }
}

/** Events outlive their users: an id that no user has any more finds them, too. */
async function userOfEvents(text: string, core: Core): Promise<UserId | undefined> {
  const found = await findUserId(text, core)
  if (found !== undefined || !/^[\x21-\x7e]{1,64}$/.test(text)) return found
  return text as UserId
}

function addressIn(query: URLSearchParams): string | undefined {
  const address = (query.get('address') ?? '').trim()
  if (address === '' || !isStorable(address)) return undefined
  return address
}

/** A moment as `datetime-local` sends it, in UTC. */
function momentIn(text: string | null): UnixSeconds | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text))
    return undefined
  const moment = Date.parse(`${text}Z`)
  if (Number.isNaN(moment)) return undefined
  return (moment / 1000) as UnixSeconds
}

const PREFIX = 'Beginning of an address, such as 192.0.2.'

export function eventFilters(visit: StaffVisit, path: string): Html {
  const kinds = visit.core.eventKinds.map((kind) => [kind, kind])
  const ofKinds = { '': 'all', ...Object.fromEntries(kinds) }
  return filters(
    path,
    html`${filterChoice(visit, 'kind', 'Event', ofKinds)}
${filterField(visit, { name: 'user', label: 'User', title: 'Name, e-mail or id' })}
${filterField(visit, { name: 'address', label: 'Address', title: PREFIX })}
${filterChoice(visit, 'in', 'Time', TIMES)}
${filterField(visit, { name: 'since', label: 'From (UTC)', type: 'datetime-local' })}
${filterField(visit, { name: 'until', label: 'To (UTC)', type: 'datetime-local' })}`,
  )
}

const TIMES = {
  '': 'any',
  hour: 'last hour',
  day: 'last day',
  week: 'last 7 days',
  month: 'last 30 days',
}

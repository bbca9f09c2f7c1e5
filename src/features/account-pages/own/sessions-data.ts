import { callHook } from '../../../base/call-hook.ts'
import { deviceOf } from '../../../pages/device.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import { ownSessions } from '../../accounts/own-sessions.ts'
import type { Core } from '../../core.ts'
import { type PageSettings, pageSettings } from '../../pages/options.ts'
import type { UserVisit } from '../../pages/visit.ts'
import type { SessionItem, SessionsData } from './data.ts'

/** The sessions of the user, the current one first. @param limit how many of them */
export async function sessionsOf(
  { core, visitor }: UserVisit,
  limit?: number,
): Promise<SessionsData> {
  const all = await ownSessions(core, visitor.user.id)
  const currentId = visitor.session.id
  const sorted = [
    ...all.filter(({ id }) => id === currentId),
    ...all.filter(({ id }) => id !== currentId),
  ]
  const items = sorted.slice(0, limit).map((each) => itemOf(each, currentId, core))
  return { items: await Promise.all(items), total: all.length }
}

async function itemOf(
  session: StoredSession,
  currentId: string,
  core: Core,
): Promise<SessionItem> {
  const { id, address, userAgent, createdAt, lastUsedAt, actor } = session
  const { program, system } = deviceOf(userAgent)
  return {
    id,
    isCurrent: id === currentId,
    program,
    system,
    place: await placeOf(address, pageSettings(core.section), core),
    address,
    createdAt,
    lastUsedAt,
    isOfActor: actor !== undefined,
  }
}

/** Milliseconds that a page waits for a place. */
const PATIENCE = 2000

/** The place of an address, as the option `pages.geo` says; `undefined` if it does not know, takes too long or fails. */
async function placeOf(
  address: string | undefined,
  { geo }: Pick<PageSettings, 'geo'>,
  { log }: Pick<Core, 'log'>,
): Promise<string | undefined> {
  if (geo === undefined || address === undefined) return undefined
  let place: unknown
  const asked = callHook(log, 'pages.geo', async () => {
    place = await geo(address)
  })
  await Promise.race([asked, patience()])
  return typeof place === 'string' && place !== '' ? place : undefined
}

const patience = (): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, PATIENCE).unref())

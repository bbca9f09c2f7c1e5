import { deviceOf } from '../../../pages/device.ts'
import type { StoredSession } from '../../../sessions/session.ts'
import { ownSessions } from '../../accounts/own-sessions.ts'
import { placeIn, placesOf } from '../../pages/places.ts'
import type { UserVisit } from '../../pages/visit.ts'
import type { SessionItem, SessionsData } from './data.ts'

/** The sessions of the user, the current one first, without those of applications: they have a section of their own. @param limit how many of them */
export async function sessionsOf(
  { core, visitor }: UserVisit,
  limit?: number,
): Promise<SessionsData> {
  const all = (await ownSessions(core, visitor.user.id)).filter(
    ({ clientId }) => clientId === undefined,
  )
  const currentId = visitor.session.id
  const sorted = [
    ...all.filter(({ id }) => id === currentId),
    ...all.filter(({ id }) => id !== currentId),
  ]
  const shown = sorted.slice(0, limit)
  const places = await placesOf(
    shown.map(({ address }) => address),
    core,
  )
  const items = shown.map((each) => itemOf(each, currentId, places))
  return { items, total: all.length }
}

function itemOf(
  session: StoredSession,
  currentId: string,
  places: ReadonlyMap<string, string>,
): SessionItem {
  const { id, address, userAgent, createdAt, lastUsedAt, actor } = session
  const { program, system } = deviceOf(userAgent)
  return {
    id,
    isCurrent: id === currentId,
    program,
    system,
    place: placeIn(places, address),
    address,
    createdAt,
    lastUsedAt,
    isOfActor: actor !== undefined,
  }
}

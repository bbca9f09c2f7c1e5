import { ifDefined } from '../../../base/optional.ts'
import type { Cursor, Place, UserPlace } from '../listing.ts'

const MAX_LENGTH = 1000

/** A place in a list, as the query of a link has it. */
export const placeText = (place: Place | UserPlace): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url')

/** Which page a link asks for. What no link of ours has is left out: the list begins anew. */
export const cursorIn = (query: URLSearchParams): Cursor<Place> => ({
  after: placeIn(query.get('after')),
  until: placeIn(query.get('before')),
})

export const userCursorIn = (query: URLSearchParams): Cursor<UserPlace> => ({
  after: userPlaceIn(query.get('after')),
  until: userPlaceIn(query.get('before')),
})

function placeIn(text: string | null): Place | undefined {
  const value = parsed(text)
  if (!isPlace(value)) return undefined
  return value
}

function userPlaceIn(text: string | null): UserPlace | undefined {
  const value = parsed(text) as Partial<UserPlace> | undefined
  const { stage, position } = value ?? {}
  const isStage = Number.isInteger(stage) && Number(stage) >= 0 && Number(stage) < 4
  if (!isStage || ifDefined(position, isPlace) === false) return undefined
  return { stage: Number(stage), position }
}

function parsed(text: string | null): unknown {
  if (text === null || text.length > MAX_LENGTH) return undefined
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}

const isPlace = (value: unknown): value is Place =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length < 3 &&
  value.every((each) => isText(each) || Number.isFinite(each))

const isText = (value: unknown): boolean =>
  typeof value === 'string' && !value.includes('\0') && value.isWellFormed()

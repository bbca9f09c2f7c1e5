import type { Answer, Case, Json, JsonObject } from './recording.ts'

/** Functions that read responses, or derive the expected response of a deviation. */
export const memberOf = (body: Json | undefined, name: string): Json | undefined =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as JsonObject)[name]
    : undefined

export const detailOf = ({ body }: Answer): Json | undefined => memberOf(body, 'detail')
export const pathOf = ({ request }: Case): string => request.path.replace(/\?.*$/, '')
export const isJson = ({ text }: Answer): boolean => text === undefined

/** An error instead of the expected response, with its recorded effects. */
export function error(
  { headers = {}, effects }: Answer,
  status: number,
  body: JsonObject,
  challenge?: string,
): Answer {
  const { 'www-authenticate': _, ...others } = headers
  return {
    status,
    headers: {
      ...others,
      'content-length': String(Buffer.byteLength(JSON.stringify(body))),
      ...(challenge === undefined ? {} : { 'www-authenticate': challenge }),
    },
    body,
    ...(effects === undefined ? {} : { effects }),
  }
}

/** The expected response, with each claim of its tokens replaced by the result of `read`. */
export function withClaims(
  expected: Answer,
  ours: Answer,
  read: (name: string, theirs: Json, our: Json | undefined, member: string) => Json,
): Answer | undefined {
  if (expected.decoded === undefined) return undefined
  const decoded = Object.entries(expected.decoded).map(([member, { header, claims }]) => {
    const our = ours.decoded?.[member]?.claims ?? {}
    const again = Object.entries(claims).map(([name, value]) => [
      name,
      read(name, value, our[name], member),
    ])
    return [member, { header, claims: Object.fromEntries(again) as JsonObject }] as const
  })
  return { ...expected, decoded: Object.fromEntries(decoded) }
}

export const membersOf = (body: Json | undefined): string =>
  JSON.stringify(typeof body === 'object' && body !== null ? Object.keys(body) : body)

/** The expected response, with claims of these names added if watchword's tokens have them. */
export function withMore(
  more: readonly string[],
  expected: Answer,
  ours: Answer,
): Answer | undefined {
  if (expected.decoded === undefined || ours.decoded === undefined) return undefined
  const decoded = Object.entries(expected.decoded).map(([member, { header, claims }]) => {
    const our = ours.decoded?.[member]?.claims ?? {}
    const names = Object.keys(our).filter((name) => name in claims || more.includes(name))
    const shared = names.filter((name) => name in claims)
    const isSameOrder = JSON.stringify(shared) === JSON.stringify(Object.keys(claims))
    const again = names.map((name) => [name, name in claims ? claims[name]! : our[name]!])
    return [
      member,
      {
        header,
        claims: isSameOrder ? (Object.fromEntries(again) as JsonObject) : claims,
      },
    ] as const
  })
  return { ...expected, decoded: Object.fromEntries(decoded) }
}

type Changes = { readonly [user: string]: JsonObject }

const changesOf = ({ effects }: Answer): Changes => (effects?.changed ?? {}) as Changes

/**
 * The expected response, with watchword's changes of password hashes: an Argon2id hash replaces any other, and is not replaced.
 */
export function withHashes(expected: Answer, ours: Answer): Answer {
  const changed: Record<string, JsonObject> = {}
  for (const user of new Set([
    ...Object.keys(changesOf(expected)),
    ...Object.keys(changesOf(ours)),
  ])) {
    const { password: theirHash, ...rest } = changesOf(expected)[user] ?? {}
    const ourHash = changesOf(ours)[user]?.password
    const hash = ourHash === '<hash:argon2>' || isHash(theirHash) ? ourHash : theirHash
    const changes: JsonObject = hash === undefined ? rest : { ...rest, password: hash }
    if (Object.keys(changes).length > 0) changed[user] = changes
  }
  const { changed: _, ...others } = expected.effects ?? {}
  return {
    ...expected,
    effects: Object.keys(changed).length === 0 ? others : { ...others, changed },
  }
}

const isHash = (value: Json | undefined): boolean =>
  typeof value === 'string' && value.startsWith('<hash:')

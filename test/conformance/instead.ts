import type { Answer, Case, Json, JsonObject } from './recording.ts'

/** Readings of answers, and answers made from others: the words in which deviations are told. */
export const memberOf = (body: Json | undefined, name: string): Json | undefined =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? (body as JsonObject)[name]
    : undefined

export const detailOf = ({ body }: Answer): Json | undefined => memberOf(body, 'detail')
export const pathOf = ({ request }: Case): string => request.path.replace(/\?.*$/, '')
export const isJson = ({ text }: Answer): boolean => text === undefined

/** The expected answer, a refusal instead: what it is recorded to have changed apart. */
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

/** The expected answer with each claim of its tokens read again beside ours. */
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

/** The expected answer, with claims of these names where ours has them in its tokens and theirs has not. */
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
 * The expected answer, with what becomes of password hashes here: Argon2id is written in the place of any other, and is
 * left alone where it is found.
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
    const news: JsonObject = hash === undefined ? rest : { ...rest, password: hash }
    if (Object.keys(news).length > 0) changed[user] = news
  }
  const { changed: _, ...others } = expected.effects ?? {}
  return {
    ...expected,
    effects: Object.keys(changed).length === 0 ? others : { ...others, changed },
  }
}

const isHash = (value: Json | undefined): boolean =>
  typeof value === 'string' && value.startsWith('<hash:')

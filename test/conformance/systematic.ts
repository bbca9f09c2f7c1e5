import type { Answer, Json, JsonObject } from './recording.ts'

/**
 * Our answer without what all our answers have over the recorded ones: the private claims `sid` and `gen`, and the
 * password hash that a sign-in writes anew where another encoding than Argon2id is found.
 */
export function withoutOurs(answer: Answer, recorded: Answer): Answer {
  const { decoded, effects, ...rest } = answer
  const tokens = Object.entries(decoded ?? {}).map(([path, { header, claims }]) => {
    const theirs = recorded.decoded?.[path]?.claims ?? {}
    const kept = Object.entries(claims).filter(([name]) => name in theirs || (name !== 'sid' && name !== 'gen'))
    return [path, { header, claims: Object.fromEntries(kept) as JsonObject }] as const
  })
  const changes = withoutUpgrades(effects ?? {}, recorded.effects ?? {})
  return {
    ...rest,
    ...(decoded === undefined ? {} : { decoded: Object.fromEntries(tokens) }),
    ...(Object.keys(changes).length === 0 ? {} : { effects: changes }),
  }
}

function withoutUpgrades({ changed, ...others }: JsonObject, recorded: JsonObject): JsonObject {
  const theirs = (recorded.changed ?? {}) as { [user: string]: JsonObject }
  const kept: Record<string, Json> = {}
  for (const [user, { password, ...rest }] of Object.entries((changed ?? {}) as { [user: string]: JsonObject })) {
    // Both write a new hash: that counts, its encoding does not.
    const hash = theirs[user]?.password
    const news = hash === undefined ? rest : { ...(password === undefined ? {} : { password: hash }), ...rest }
    if (Object.keys(news).length > 0) kept[user] = news
  }
  return Object.keys(kept).length === 0 ? others : { ...others, changed: kept }
}

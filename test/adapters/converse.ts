import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Adapter, Setting } from './adapter.ts'
import { type Conversation, PLACES, type Place } from './conversation.ts'
import { BODIES } from './conversations/bodies.ts'
import { ENDPOINTS } from './conversations/endpoints.ts'
import { GUARDS } from './conversations/guards.ts'
import { SCHEMES } from './conversations/schemes.ts'
import { SURROUNDINGS } from './conversations/surroundings.ts'
import { furnish } from './furnish.ts'
import { Talk } from './talk.ts'

export const CONVERSATIONS: readonly Conversation[] = [
  ...ENDPOINTS,
  ...GUARDS,
  ...SCHEMES,
  ...BODIES,
  ...SURROUNDINGS,
]

/** Has every conversation with an adapter's program: one server for each place that conversations are held in. */
export function converse(adapter: Adapter): void {
  test(`${adapter.name}: the conversations of all adapters`, {
    timeout: 600_000,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-adapter-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const furnished = await furnish(join(folder, 'furnished.db'))
    const stops: (() => Promise<void>)[] = []
    t.after(() => Promise.all(stops.map((stop) => stop())))

    const talks = new Map<Place, Promise<Talk>>()
    const enter = async (place: Place): Promise<Talk> => {
      const setting: Setting = {
        ...PLACES[place].setting,
        database: join(folder, `${place}.db`),
      }
      copyFileSync(furnished.file, setting.database)
      const { url, stop } = await adapter.start(setting)
      stops.push(stop)
      return new Talk(url + setting.prefix, furnished, adapter)
    }
    for (const { says, at = 'plain', needs = [], hold } of CONVERSATIONS) {
      const lacking = [...PLACES[at].needs, ...needs].flatMap(
        (feature) => adapter.lacks?.[feature] ?? [],
      )[0]
      await t.test(says, { skip: lacking ?? false }, async () => {
        const talk = talks.get(at) ?? enter(at)
        talks.set(at, talk)
        await hold(await talk)
      })
    }
  })
}

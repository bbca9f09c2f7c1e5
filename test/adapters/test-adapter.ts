import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Adapter, Setting } from './adapter.ts'
import { Client } from './client.ts'
import { type Scenario, SETUPS, type Setup } from './scenario.ts'
import { BODIES } from './scenarios/bodies.ts'
import { BROWSING } from './scenarios/browsing.ts'
import { ENDPOINTS } from './scenarios/endpoints.ts'
import { GUARDS } from './scenarios/guards.ts'
import { MOUNTING } from './scenarios/mounting.ts'
import { PARTS } from './scenarios/parts.ts'
import { REDIRECTS } from './scenarios/redirects.ts'
import { SCHEMES } from './scenarios/schemes.ts'
import { seed } from './seed.ts'

export const SCENARIOS: readonly Scenario[] = [
  ...ENDPOINTS,
  ...GUARDS,
  ...SCHEMES,
  ...BODIES,
  ...MOUNTING,
  ...BROWSING,
  ...REDIRECTS,
  ...PARTS,
]

/** Runs every scenario with an adapter's program. There is one server for each setup. */
export function testAdapter(adapter: Adapter): void {
  test(`${adapter.name}: the scenarios of all adapters`, {
    timeout: 600_000,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'watchword-adapter-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const seeded = await seed(join(folder, 'seeded.db'))
    const stops: (() => Promise<void>)[] = []
    t.after(() => Promise.all(stops.map((stop) => stop())))

    const clients = new Map<Setup, Promise<Client>>()
    const startIn = async (setup: Setup): Promise<Client> => {
      const setting: Setting = {
        ...SETUPS[setup].setting,
        database: join(folder, `${setup}.db`),
      }
      copyFileSync(seeded.file, setting.database)
      const { url, stop } = await adapter.start(setting)
      stops.push(stop)
      return new Client(url + setting.prefix, seeded, adapter)
    }
    for (const { name, setup = 'plain', needs = [], run } of SCENARIOS) {
      const lacking = [...SETUPS[setup].needs, ...needs].flatMap(
        (feature) => adapter.lacks?.[feature] ?? [],
      )[0]
      await t.test(name, { skip: lacking ?? false }, async () => {
        const client = clients.get(setup) ?? startIn(setup)
        clients.set(setup, client)
        await run(await client)
      })
    }
  })
}

import type { InstanceStore } from '../src/features.ts'
import { openInstance } from '../src/instance/instance.ts'
import { lazily } from '../src/instance/lazy-instance.ts'
import type { Options } from '../src/settings/options.ts'
import { parseSettings } from '../src/settings/settings.ts'
import { type Watchword, watchwordOf } from '../src/watchword.ts'

/** `watchword(options)` on a store that the test has made, such as one that fails at will. */
export function watchwordOn(
  store: InstanceStore,
  options: Omit<Options, 'database'>,
): Watchword {
  const settings = parseSettings(options, process.env)
  const open = () => openInstance(settings, { openStore: async () => ({ store }) })
  return watchwordOf(settings, lazily(open))
}

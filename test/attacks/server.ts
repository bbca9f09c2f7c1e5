import { serve } from '../../src/server/serve.ts'
import type { Profile } from './corpus.ts'
import { houseOf } from './house.ts'
import { serverKeyOf } from './server-key.ts'

/** The stand-alone server in a process of its own, in front of the house that a profile describes. */
export interface Wish {
  readonly profile: Profile
  readonly now: number
}

// Its parent sends the wish and is told the port.
process.once('message', async ({ profile, now }: Wish) => {
  const { auth } = await houseOf(profile, now, serverKeyOf(profile))
  const { url } = await serve({ auth, host: '127.0.0.1', port: 0, log: (line) => console.log(line) })
  process.send?.({ port: Number(new URL(url).port) })
})

process.on('disconnect', () => process.exit())

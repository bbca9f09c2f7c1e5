import { Agent } from 'node:http'
import { type Answer, askJson } from '../server/client.ts'
import { ADA } from '../server/process.ts'

/** What became of a sign-in. */
export interface FloodAnswer {
  readonly status: number
  readonly retryAfter: number | undefined
  readonly ms: number
}

/**
 * Floods a server with sign-ins, in a process of its own, so that measuring other requests does not wait for it. The message `begin`
 * starts the flood; `end` stops it and is answered with what became of the sign-ins.
 */
const [port, perSecond, connections] = process.argv.slice(2).map(Number) as [
  number,
  number,
  number,
]
const WRONG = { username: ADA.username, password: 'not the password' }
const agent = new Agent({ keepAlive: true, maxSockets: connections })
const send = (body: object): Promise<Answer> =>
  askJson({ port }, '/api/token/', body, agent)

// Node accepts one connection per event-loop turn; the trial measures what follows.
await Promise.all(Array.from({ length: 2 * connections }, () => send({})))

let flood: ReturnType<typeof offer> | undefined
process.on('message', async (message: 'begin' | 'end') => {
  if (message === 'begin') flood = offer(() => send(WRONG))
  else process.send?.((await flood?.end())?.map(briefly))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

/** Poisson arrivals, as from independent users: sometimes several at once, sometimes none. */
function offer(signIn: () => Promise<Answer>): { end(): Promise<readonly Answer[]> } {
  const offered: Promise<Answer>[] = []
  let next = performance.now()
  const timer = setInterval(() => {
    for (
      ;
      next <= performance.now();
      next += (-Math.log(1 - Math.random()) * 1000) / perSecond
    )
      offered.push(signIn())
  }, 1)
  return {
    end() {
      clearInterval(timer)
      return Promise.all(offered)
    },
  }
}

function briefly({ status, headers, ms }: Answer): FloodAnswer {
  const given = headers['retry-after']
  return { status, ms, retryAfter: given === undefined ? undefined : Number(given) }
}

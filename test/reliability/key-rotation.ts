import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifier } from '../../src/verify/index.ts'
import { ask, askJson, type Pair, signIn } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { stopwatch } from '../time.ts'
import { atLeast, exactly, type Finding, trial, type World } from './trial.ts'

const CLIENTS = 32
/** Milliseconds of its life in which a token is shown for the last time. */
const LAST = 1000
const ISSUER = 'https://auth.example'

interface Size {
  readonly rotations: number
  /** Seconds that an access token lives, and that a key signs. */
  readonly life: number
  readonly every: number
  /** Seconds that others may keep the key set, where a key signs for so short a time. */
  readonly maxAge: number
  /** Requests a second. */
  readonly rate: number
}

/** R17. */
export const keyRotation = trial<Size>({
  name: 'R17',
  promise:
    'keys rotate under load, and no valid token is refused and none signed that others cannot check',
  databases: ['sqlite', 'postgres'],
  long: { rotations: 5, life: 20, every: 20, maxAge: 5, rate: 200 },
  short: { rotations: 2, life: 3, every: 4, maxAge: 1, rate: 20 },
  sabotages: [{ name: 'hasty-retirement' }, { name: 'unpublished-key' }],
  async run(deps, size) {
    const servers = await twoServers(deps, size)
    const agent = new Agent({ keepAlive: true })
    deps.after(() => agent.destroy())
    const sets = watchKeySets(servers, agent)
    deps.after(sets.stop)
    const load = await clientsAt(servers, agent, size)
    using watch = stopwatch()
    while (
      load.keysUsed() <= size.rotations &&
      watch.ms() < 1000 * size.every * (size.rotations + 3)
    ) {
      deps.progress(`${load.keysUsed()} keys have signed, ${load.answers()} answers`)
      await sleep(500)
    }
    const seconds = watch.ms() / 1000
    const tokens = await load.stop()
    for (const each of [...load.refused, ...load.refusedElsewhere])
      deps.progress(`refused: ${each}`)
    await sets.untilGone(tokens[0]!.kid, 1000 * (size.life + 3 * size.every))
    return findingsOf(tokens, load, sets, { ...size, seconds })
  },
})

function findingsOf(
  tokens: readonly Issued[],
  load: Awaited<ReturnType<typeof clientsAt>>,
  sets: ReturnType<typeof watchKeySets>,
  { rotations, maxAge, rate, seconds }: Size & { readonly seconds: number },
): readonly Finding[] {
  const first = new Set(sets.atFirst())
  const early = tokens.filter(
    ({ kid, at }) => !first.has(kid) && !(at - sets.shownSince(kid) >= maxAge * 1000),
  )
  const orphans = tokens.filter(({ kid, expires }) => sets.goneSince(kid) < expires)
  return [
    atLeast(rotations, 'rotations', load.keysUsed() - 1),
    atLeast(rate, 'answers a second', load.answers() / seconds),
    exactly(0, `of ${load.answers()} answers refused a valid token`, load.refused.length),
    exactly(
      0,
      'valid tokens refused by a service that only checks',
      load.refusedElsewhere.length,
    ),
    exactly(
      0,
      `of ${tokens.length} tokens signed by a key published for less than others may keep the set`,
      early.length,
    ),
    exactly(0, 'tokens that outlived their key in the key set', orphans.length),
    atLeast(
      1,
      'keys gone from the key set when their last token had expired',
      sets.gone(),
    ),
  ]
}

async function twoServers(
  { database, sabotage, after }: World,
  { life, every }: Size,
): Promise<readonly ServerProcess[]> {
  const wishes = (user: typeof ADA | undefined) => ({
    database,
    sabotage,
    user,
    options: {
      // Who was held up for longer than a refresh token lives signs in again, with all the others.
      throttle: { login: null },
      tokens: {
        issuer: ISSUER,
        audience: 'api',
        access: life,
        sliding: life,
        refresh: life + 1,
        rotateKeys: every,
      },
    },
  })
  const t = { after: (end?: () => unknown) => after(() => end?.()) } as Parameters<
    typeof startServer
  >[0]
  return Promise.all([startServer(t, wishes(ADA)), startServer(t, wishes(undefined))])
}

/** A token as it was issued; moments in milliseconds of `performance.now()`. */
interface Issued {
  readonly kid: string
  readonly at: number
  readonly expires: number
}

interface Shown extends Issued {
  readonly text: string
}

function issued(text: string): Shown {
  const [head = '', payload = ''] = text.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const inMs = read(payload).exp * 1000 - Date.now()
  return {
    kid: read(head).kid,
    at: performance.now(),
    expires: performance.now() + inMs,
    text,
  }
}

/** With all the others, who may keep the server busy for a while. */
async function signInAgain(server: ServerProcess): Promise<Pair> {
  for (let left = 20; ; left--) {
    try {
      return await signIn(server)
    } catch (error) {
      if (left === 0) throw error
      await sleep(500)
    }
  }
}

const withoutText = ({ kid, at, expires }: Issued): Issued => ({ kid, at, expires })

/** Clients that refresh at one server and show each access token at both, at once and again shortly before its end. */
async function clientsAt(
  servers: readonly ServerProcess[],
  agent: Agent,
  { every }: Size,
) {
  const [home, other] = servers as [ServerProcess, ServerProcess]
  const elsewhere = verifier({
    issuer: ISSUER,
    audience: 'api',
    jwksUrl: `${other.url}/.well-known/jwks.json`,
    maxAge: Math.max(1, every / 4),
    coolDown: 1,
  })
  const tokens: Issued[] = []
  const refused: string[] = []
  const refusedElsewhere: string[] = []
  let answers = 0
  let isOver = false

  /** Whoever is refused after the end of a token may have been too late. */
  const isValid = ({ expires }: Issued): boolean => performance.now() < expires

  const show = async (token: Shown): Promise<void> => {
    for (const server of servers) {
      const headers = { Authorization: `Bearer ${token.text}` }
      const { status, body } = await ask(server, '/hello/', {
        method: 'GET',
        headers,
        agent,
      })
      answers++
      if (status !== 200 && isValid(token)) refused.push(`${status} ${body}`)
    }
    await elsewhere
      .check(token.text)
      .catch(({ code }) => isValid(token) && refusedElsewhere.push(code))
  }
  const showLate = async (token: Shown): Promise<void> => {
    await sleep(Math.max(0, token.expires - performance.now() - LAST))
    await show(token)
  }
  const client = async (server: ServerProcess, first: Pair): Promise<void> => {
    let refresh = issued(first.refresh)
    const late: Promise<void>[] = []
    while (!isOver) {
      const asked = { refresh: refresh.text }
      const { status, body } = await askJson(server, '/api/token/refresh/', asked, agent)
      answers++
      if (status === 200) {
        const pair = JSON.parse(body) as Pair
        const access = issued(pair.access)
        refresh = issued(pair.refresh)
        tokens.push(withoutText(access), withoutText(refresh))
        await show(access)
        if (Math.random() < 0.1)
          late.push(showLate(access).catch((error) => void refused.push(String(error))))
      } else {
        if (isValid(refresh)) refused.push(`${status} ${body}`)
        refresh = issued((await signInAgain(server)).refresh)
      }
      await sleep(20)
    }
    await Promise.all(late)
  }
  const places = Array.from({ length: CLIENTS }, (_, i) => (i % 2 === 0 ? home : other))
  const pairs: Pair[] = []
  for (const place of places) pairs.push(await signIn(place))
  const everybody = Promise.all(places.map((place, i) => client(place, pairs[i]!)))
  everybody.catch(() => {})

  return {
    refused,
    refusedElsewhere,
    answers: () => answers,
    keysUsed: () => new Set(tokens.map(({ kid }) => kid)).size,
    async stop(): Promise<readonly Issued[]> {
      isOver = true
      await everybody
      return tokens
    },
  }
}

/** What both servers publish, looked at ten times a second; a key is shown where both show it, and gone where one does not. */
function watchKeySets(servers: readonly ServerProcess[], agent: Agent) {
  const shown = new Map<string, number>()
  const gone = new Map<string, number>()
  let atFirst: readonly string[] | undefined
  let isOver = false

  const look = async (): Promise<void> => {
    const began = performance.now()
    const sets = await Promise.all(
      servers.map(async (server) => {
        const { body } = await ask(server, '/.well-known/jwks.json', {
          method: 'GET',
          agent,
        })
        return (JSON.parse(body) as { keys: { kid: string }[] }).keys.map(
          ({ kid }) => kid,
        )
      }),
    )
    const [one = [], two = []] = sets
    const both = one.filter((kid) => two.includes(kid))
    atFirst ??= both
    for (const kid of both) if (!shown.has(kid)) shown.set(kid, began)
    for (const kid of shown.keys())
      if (!both.includes(kid) && !gone.has(kid)) gone.set(kid, performance.now())
  }
  const watching = (async () => {
    while (!isOver) {
      await look().catch(() => {})
      await sleep(100)
    }
  })()
  return {
    atFirst: () => atFirst ?? [],
    shownSince: (kid: string) => shown.get(kid) ?? Number.POSITIVE_INFINITY,
    goneSince: (kid: string) => gone.get(kid) ?? Number.POSITIVE_INFINITY,
    gone: () => gone.size,
    async untilGone(kid: string, patience: number): Promise<void> {
      using watch = stopwatch()
      while (!gone.has(kid) && watch.ms() < patience) await sleep(100)
    },
    async stop(): Promise<void> {
      isOver = true
      await watching
    },
  }
}

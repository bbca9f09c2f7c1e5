import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { verifier } from '../../src/verify/index.ts'
import { ask, askJson, type Pair, signIn } from '../server/client.ts'
import { ADA, type ServerProcess, startServer } from '../server/process.ts'
import { stopwatch } from '../time.ts'
import { atLeast, exactly, type Finding, type TrialContext, trial } from './trial.ts'

const CLIENTS = 32
/** A token is used for the last time so many milliseconds before it expires. */
const LAST = 1000
const ISSUER = 'https://auth.example'

interface Size {
  readonly rotations: number
  /** Lifetimes of an access token and of a signing key, in seconds. */
  readonly life: number
  readonly every: number
  /** Seconds for which clients may cache the key set, if a key signs for so short a time. */
  readonly maxAge: number
  /** Requests a second. */
  readonly rate: number
}

/** R17. */
export const keyRotation = trial<Size>({
  name: 'R17',
  promise:
    'keys rotate under load, no valid token is refused, and every token can be verified with the published keys',
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
      deps.progress(`${load.keysUsed()} keys used, ${load.answers()} answers`)
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
    { ...atLeast(rate, 'answers a second', load.answers() / seconds), isTimed: true },
    exactly(
      0,
      `of ${load.answers()} answers rejected a valid token`,
      load.refused.length,
    ),
    exactly(
      0,
      'valid tokens rejected by a verify-only service',
      load.refusedElsewhere.length,
    ),
    exactly(
      0,
      `of ${tokens.length} tokens signed by a key published for less than the cache lifetime of the key set`,
      early.length,
    ),
    exactly(0, 'tokens that expired after their key left the key set', orphans.length),
    atLeast(
      1,
      'keys removed from the key set after their last token expired',
      sets.gone(),
    ),
  ]
}

async function twoServers(
  { database, sabotage, after }: TrialContext,
  { life, every }: Size,
): Promise<readonly ServerProcess[]> {
  const optionsFor = (user: typeof ADA | undefined) => ({
    database,
    sabotage,
    user,
    options: {
      // A client delayed for longer than a refresh token lives signs in again.
      throttle: { login: null },
      tokens: {
        issuer: ISSUER,
        audience: 'api',
        access: life,
        refresh: life + 1,
        rotateKeys: every,
      },
      slidingTokens: { lifetime: life },
    },
  })
  const t = { after: (end?: () => unknown) => after(() => end?.()) } as Parameters<
    typeof startServer
  >[0]
  return Promise.all([
    startServer(t, optionsFor(ADA)),
    startServer(t, optionsFor(undefined)),
  ])
}

/** A token as issued; times in milliseconds of `performance.now()`. */
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

/** Together with the other clients, which may keep the server busy. */
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

/**
 * Clients that refresh at one server and use each access token at both, at once and again shortly
 * before it expires.
 */
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

  /** A rejection after the token's expiry may be due to a delayed request. */
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

/**
 * Polls the key set of both servers ten times a second. A key counts as published if both have it,
 * as removed if one does not.
 */
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
    async untilGone(kid: string, timeout: number): Promise<void> {
      using watch = stopwatch()
      while (!gone.has(kid) && watch.ms() < timeout) await sleep(100)
    },
    async stop(): Promise<void> {
      isOver = true
      await watching
    },
  }
}

import { bearer, challengeOf } from './authentication/bearer.ts'
import { firstOf, type Principal, type Scheme } from './authentication/scheme.ts'
import { FetchRequest, toResponse } from './base/fetch.ts'
import { Refusal } from './base/refusal.ts'
import type { AuthReply, AuthRequest, Awaitable } from './base/request.ts'
import { refusalFrom, replyToRefusal } from './endpoints/reply.ts'
import { type Administration, administration } from './house/administration.ts'
import { type House, openHouse } from './house/house.ts'
import { routerOf } from './house/routes.ts'
import type { Options } from './options.ts'
import { parseSettings } from './settings/settings.ts'
import type { User } from './users/user.ts'

export type { Principal } from './authentication/scheme.ts'

/** What a guarded route asks for beyond a sign-in. */
export interface Need<U = User> {
  /** Asked in this order, instead of the instance's. */
  readonly schemes?: readonly Scheme<U>[]
}

export interface Watchword<U = User> extends Administration {
  /** Whether a request target (path and query) is one of its endpoints'. */
  owns(url: string): boolean
  /** Answers its own endpoints; `undefined` for all other paths. Never rejects. */
  answer(request: AuthRequest): Promise<AuthReply> | undefined
  /** Any fetch runtime. Paths that are not its own get a 404. */
  handler(request: Request): Promise<Response>

  /** Who sends this, if anybody does. @throws Refusal where credentials are there and wrong */
  check<N = U>(from: Request | AuthRequest, need?: Need<N>): Promise<Principal<N> | undefined>
  /** Who sends this. @throws Refusal, which `refuse` turns into the answer */
  require<N = U>(from: Request | AuthRequest, need?: Need<N>): Promise<Principal<N>>
  /** `require` made once for a route: it waits for nothing where nothing has to be waited for. */
  gate<N = U>(need?: Need<N>): (request: AuthRequest) => Awaitable<Principal<N>>
  /** The answer to a refusal; to any other error a 500 that says nothing, and a line in the log. */
  refuse(error: unknown): AuthReply
  /** The same for `fetch` handlers. */
  refusal(error: unknown): Response

  /** Opens the database and brings it up to date. Runs by itself at first use; here so that a fault shows at the start. */
  migrate(): Promise<void>
  close(): Promise<void>
}

/**
 * Makes an instance. Nothing is opened before somebody asks for something.
 *
 * @throws Refusal `config_refused` with one sentence that says what to write instead
 */
export function watchword<U = User>(options: Options<U> = {}): Watchword<U> {
  const settings = parseSettings(options, process.env)
  const { log } = settings
  let house: House | undefined
  let opening: Promise<House> | undefined
  let closed = false

  const open = (): Promise<House> => {
    if (closed) return Promise.reject(new Refusal('store_unavailable', 'the instance has been closed'))
    opening ??= openHouse(settings).then(
      (opened) => {
        house = opened
        return opened
      },
      (error) => {
        // What stood in the way may be gone at the next request.
        opening = undefined
        throw error
      },
    )
    return opening
  }

  const schemes = (settings.authentication ?? [bearer()]) as readonly Scheme<U>[]
  const challenge = challengeOf(settings)
  const gateOf = <N>(need: Need<N> | undefined): Identify<N> => {
    let identify: Identify<N> | undefined
    const made = ({ world }: House): Identify<N> => {
      identify ??= firstOf((need?.schemes ?? schemes).map((scheme) => (scheme as Scheme<N>)(world))) as Identify<N>
      return identify
    }
    return (request) =>
      house === undefined ? open().then((opened) => made(opened)(request)) : (identify ?? made(house))(request)
  }
  const checkDefault = gateOf<U>(undefined)
  const gate = <N>(need?: Need<N>): ((request: AuthRequest) => Awaitable<Principal<N>>) => {
    const identify = need === undefined ? (checkDefault as unknown as Identify<N>) : gateOf(need)
    return (request) => {
      const who = identify(request)
      return who instanceof Promise ? who.then(present) : present(who)
    }
  }

  const failed = (error: unknown): void => log({ level: 'error', event: 'a request failed', reason: reasonOf(error) })
  const refuse = (error: unknown): AuthReply => {
    const refusal = refusalFrom(error)
    if (refusal.code === 'server_error') failed(refusal.cause)
    return replyToRefusal(refusal, challenge)
  }
  const router = routerOf(settings, open, { challenge, failed })
  const answer = (request: AuthRequest): Promise<AuthReply> | undefined => router(request.url)?.(request)

  return {
    owns: (url) => router(url) !== undefined,
    answer,
    async handler(request) {
      const reply = await answer(new FetchRequest(request))
      return toResponse(reply ?? refuse(new Refusal('not_found')), request.method)
    },
    check: async (from, need) =>
      (need === undefined ? (checkDefault as unknown as Identify<never>) : gateOf(need))(seen(from)),
    require: async (from, need) => gate(need)(seen(from)) as never,
    gate,
    refuse,
    refusal: (error) => toResponse(refuse(error)),
    ...administration(settings, open),
    migrate: async () => void (await open()),
    async close() {
      closed = true
      await opening?.then((opened) => opened.close()).catch(() => undefined)
    },
  }
}

type Identify<N> = (request: AuthRequest) => Awaitable<Principal<N> | undefined>

const seen = (from: Request | AuthRequest): AuthRequest => (from instanceof Request ? new FetchRequest(from) : from)

function present<N>(who: Principal<N> | undefined): Principal<N> {
  if (who === undefined) throw new Refusal('not_authenticated')
  return who
}

/** What the log says of an error: its kind and text, with the way it took; never a value of the request. */
const reasonOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

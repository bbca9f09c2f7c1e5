import { challengeOf } from './authentication/bearer.ts'
import type { Scheme } from './authentication/scheme.ts'
import { FetchRequest, type Peer, toResponse } from './http/fetch-request.ts'
import { during, occasion } from './base/request-context.ts'
import { Refusal } from './base/errors.ts'
import type { AuthReply, AuthRequest, Awaitable } from './http/request.ts'
import { refusalFrom, replyToRefusal } from './http/reply.ts'
import { type Administration, administration } from './admin/admin.ts'
import { type Figures, figuresOf } from './observability/stats.ts'
import { type Gate, gateOf } from './guard/guard.ts'
import { type Health, healthVia } from './observability/health.ts'
import { type House, openHouse } from './instance/instance.ts'
import type { Need, Who } from './guard/requirement.ts'
import { RequestOccasion } from './instance/incoming-request-context.ts'
import { askedBy, gateWorld } from './guard/route.ts'
import { routerOf } from './instance/router.ts'
import type { Options } from './options.ts'
import type { Principal } from './permissions/principal.ts'
import type { RightsOf, Roles } from './permissions/rights.ts'
import { parseSettings } from './settings/settings.ts'
import type { User } from './users/user.ts'

export type { Figures } from './observability/stats.ts'
export type { Condition, Health } from './observability/health.ts'
export type { Need, Who } from './guard/requirement.ts'

/** `U` is what the schemes find out about a user; `Right` what permissions may name (`posts.change`, `role:editor`). */
export interface Watchword<U = User, Right extends string = string> extends Administration {
  /** Whether a request target (path and query) is one of its endpoints'. */
  owns(url: string): boolean
  /** The paths of its endpoints, without the last slash, which may be there or not. */
  readonly paths: readonly string[]
  /** Answers its own endpoints; `undefined` for all other paths. Never rejects. */
  answer(request: AuthRequest): Promise<AuthReply> | undefined
  /** Any fetch runtime. Paths that are not its own get a 404. */
  handler(request: Request, peer?: Peer): Promise<Response>

  /** Who sends this, if anybody does. @throws Refusal where credentials are there and wrong */
  check<const N extends { readonly schemes?: readonly Scheme<unknown>[] | undefined } = DefaultNeed>(
    from: Request | AuthRequest,
    need?: N,
  ): Promise<Principal<Who<N, U>, Right> | undefined>
  /**
   * Who sends this, and may. Without a need, what the instance's `permissions` ask for.
   *
   * @throws Refusal, which `refuse` turns into the answer
   */
  require<const N extends Need<U, Right> = DefaultNeed>(
    from: Request | AuthRequest,
    need?: N,
  ): Promise<Principal<Who<N, U>, Right>>
  /**
   * `require` made once for a route: it waits for nothing where nothing has to be waited for.
   *
   * @throws Refusal `config_refused` at once, where the need names a rate that there is none of
   */
  gate<const N extends Need<U, Right> = DefaultNeed>(
    need?: N,
  ): (request: AuthRequest) => Awaitable<Principal<Who<N, U>, Right>>
  /** How the instance is, for whoever decides where requests go. Never rejects. */
  health(): Promise<Health>
  /** What it has done since it began and what it does now, in this process; `undefined` before its first use. */
  figures(): Figures | undefined
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
export function watchword<const R extends Roles = Roles, S extends Scheme<unknown> = Scheme<User>>(
  options: Options<R, S> = {},
): Watchword<UserOf<S>, RightsOf<R>> {
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

  const doors = gateWorld(settings)
  /** A gate is made when the house is open; what it asks for is looked at before. */
  const gate = (need?: Need<never, string>): Gate => {
    const asked = askedBy(need, settings)
    let made: Gate | undefined
    const furnished = (opened: House): Gate => {
      made ??= gateOf(asked(opened), doors)
      return made
    }
    return (request) =>
      house === undefined ? open().then((opened) => furnished(opened)(request)) : (made ?? furnished(house))(request)
  }
  const byDefault = gate()
  const gates = new WeakMap<object, Gate>()
  const gatesOfRights = new Map<string, Gate>()
  const gatesOfAnybody = new WeakMap<object, Gate>()
  /** The gate of a need that may come with each request, made once. */
  const kept = <Key>(gatesKept: Keeping<Key>, key: Key, need: Need<never, string>): Gate => {
    const known = gatesKept.get(key) ?? gate(need)
    gatesKept.set(key, known)
    return known
  }
  const gateFor = (need: Need<never, string> | undefined): Gate => {
    if (need === undefined) return byDefault
    return typeof need === 'string' ? kept(gatesOfRights, need, need) : kept<object>(gates, need, need)
  }
  /** Only who it is: nothing is asked and nothing is counted. */
  const gateOfAnybody = (schemes: readonly Scheme<unknown>[] = settings.authentication): Gate =>
    kept<object>(gatesOfAnybody, schemes, { schemes, permissions: [], throttle: [] })

  const challenge = challengeOf(settings)
  const failed = (error: unknown): void => log({ level: 'error', event: 'a request failed', reason: reasonOf(error) })
  const refuse = (error: unknown): AuthReply => {
    const refusal = refusalFrom(error)
    if (refusal.code === 'server_error') failed(refusal.cause)
    return replyToRefusal(refusal, challenge)
  }
  const router = routerOf(settings, open, { challenge, failed })
  const answer = (request: AuthRequest): Promise<AuthReply> | undefined => {
    const route = router(request.url)
    return route && during(new RequestOccasion(request, settings, occasion()), () => route(request))
  }

  return {
    owns: (url) => router(url) !== undefined,
    paths: router.paths,
    answer,
    async handler(request, peer) {
      const reply = await answer(new FetchRequest(request, peer))
      return toResponse(reply ?? refuse(new Refusal('not_found')), request.method)
    },
    async check(from, need) {
      const who = await gateOfAnybody(need?.schemes)(seen(from))
      return who.user === undefined ? undefined : (who as never)
    },
    require: async (from, need) => gateFor(need as Need<never, string> | undefined)(seen(from)) as never,
    gate: (need) => (need === undefined ? byDefault : gate(need as Need<never, string>)) as never,
    refuse,
    refusal: (error) => toResponse(refuse(error)),
    health: healthVia(open, settings),
    figures: () => house && figuresOf(house),
    ...administration(settings, open),
    migrate: async () => void (await open()),
    async close() {
      closed = true
      await opening?.then((opened) => opened.close()).catch(() => undefined)
    },
  }
}

interface Keeping<Key> {
  get(key: Key): Gate | undefined
  set(key: Key, gate: Gate): unknown
}

type UserOf<S> = S extends Scheme<infer U> ? U : User

/** Where nothing is said of what a route asks for. */
interface DefaultNeed {
  readonly schemes?: undefined
}

const seen = (from: Request | AuthRequest): AuthRequest => (from instanceof Request ? new FetchRequest(from) : from)

/** What the log says of an error: its kind and text, with the way it took; never a value of the request. */
const reasonOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

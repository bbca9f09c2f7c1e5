import type { Clock } from './clock.ts'
import type { AuthError } from './error.ts'
import type { Platform } from './platform.ts'
import type { Settings } from './settings.ts'
import type { Session, SignedOutSession } from './stored-state.ts'
import type { AuthEvent, AuthState, ClientOptions } from './types.ts'

/** Where a client has its record, for `passkeys()` and the like. */
export const CORE: unique symbol = /* @__PURE__ */ Symbol.for('watchword.client')

/** The answer of an endpoint of watchword. */
export interface Answer {
  readonly status: number
  /** `{}` if it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
  /** Seconds. */
  readonly retryAfter: number | undefined
}

/** The session that a request was sent with. */
export interface Held {
  readonly session: Session
  readonly epoch: object
}

/** A sign-out that the server has not confirmed yet. */
export interface PendingSignOut {
  readonly out: SignedOutSession
  readonly refresh?: string | undefined
  tries?: number
}

export type Listener<U> = (state: AuthState<U>, event: AuthEvent) => void

/** What the functions of a client share. */
interface Base<U> {
  readonly platform: Platform
  readonly options: ClientOptions<U>
  readonly settings: Settings
  readonly clock: Clock
  /** The platform's `fetch`. */
  readonly fetch: typeof fetch
  /** The same for requests with credentials; proofs of possession replace it. */
  send: typeof fetch
  /** Ends with the client. */
  readonly life: AbortController
  ready: Promise<void>
  warn(text: string): void
  isClosed?: boolean

  /** `loading`, then `signedIn` or `signedOut`. */
  state: AuthState<U>
  readonly listeners: Set<Listener<U>>

  session?: Session | undefined
  /** Replaced by each sign-in and sign-out: answers to earlier requests are dropped. */
  epoch: object
  /** When the access token was issued, by `clock.now`. */
  issuedAt?: number
  /** Whether cookies may hold a session that no answer has confirmed. */
  isUnsure?: boolean
  /** The last CSRF token of an answer. */
  csrf?: string | undefined

  /** The refresh under way, which all callers share, and what aborts its requests. */
  refreshing?: Promise<void> | undefined
  round?: AbortController
  /** When the last refresh finished, by `clock.now`. */
  refreshedAt: number
  /** Until then a 401 causes no refresh. */
  quietUntil: number
  /** A session whose refresh may have reached the server more than once. */
  uncertain: Session | null | undefined
  /** The back-off after failed refreshes. */
  failures: number
  pausedUntil: number
  failure?: AuthError | undefined

  /** The sign-in under way. */
  turn?: AbortController
  readonly unsent: Set<PendingSignOut>
}

/** What the refresh ahead of time adds. */
interface TimerPart {
  /** Sends a refresh again while there is no answer. */
  attempts(send: (isRepeated: boolean) => Promise<Answer>): Promise<Answer>
  /** The page became visible, or is online again. */
  wake(): void
  /** Sets the timer anew. */
  schedule(): void
}

/** What the storage of a session adds. */
interface StoragePart {
  /** Shows what was stored. */
  restore(): Promise<void> | void
  /** Reads what other tabs have written. */
  readAgain(): Promise<void>
  keep(session: Session): Promise<void> | undefined
  /** Writes that a session was signed out. */
  ended(out: SignedOutSession): Promise<void> | undefined
  /** Writes that the server has confirmed a sign-out. */
  confirmed(out: Pick<SignedOutSession, 'sid' | 'at'> | undefined): unknown
}

type Adoption = () => void

/** What the tabs of a browser add. */
export interface TabsPart {
  post(kind: 'in' | 'refreshed' | 'out', of: Session | undefined): void
  /** A newer session that another tab has stored or announced. */
  newer(
    before: Session | undefined,
    isCurrent: () => boolean,
  ): Promise<Adoption | undefined>
  /** Runs `work` while no other tab does. */
  lock<T>(work: () => Promise<T>): Promise<T>
  stopWaiting(): void
  closeTabs(): void
}

/** What a transport with cookies adds. */
interface CookiePart {
  /** Of every request. */
  cookies: { readonly credentials: 'include' }
  /** The CSRF token, if one is known. */
  csrfHeaders(): Record<string, string>
  /** Where names and passwords, and where a sign-out, are sent. */
  signInAddress: string
  signOutAddress: string
  /** The request of a refresh. */
  ask(before: Session | undefined, stop: AbortController): Promise<Answer>
  /** The session in the body of an answer. */
  received(body: Answer['body'], before?: Session): Session | false
  /** Whether a failed refresh proves that the session has ended. */
  isEnd(answer: Answer): boolean
  /** The credentials to repeat a request with after a 403. */
  after403(
    response: Response,
    sent: Record<string, string>,
  ): Promise<Record<string, string> | undefined>
  /** Whether a 401 says that the handler did not run. */
  isRefused(response: Response): Promise<boolean>
  /** The newer session after a 401. */
  recover(held: Held): Promise<undefined>
  /** The same for a request that had no token in a header. */
  recoverCookie(held: Held, sent: Readonly<Record<string, string>>): Promise<boolean>
}

/** What is read of an answer. */
export interface Answered {
  readonly headers: { get(name: string): unknown }
  readonly redirected?: boolean
}

/** What proofs of possession add for libraries that send requests themselves. */
interface ProofPart {
  /** The headers of a request with a bound token; none for other tokens. */
  proofHeaders(
    method: string,
    address: string,
    access: string | undefined,
  ): Promise<Record<string, string>>
  /** Whether a request was refused for its proof, and another one may be accepted. */
  isProofOutdated(sent: Readonly<Record<string, string>>, answer: Answered): boolean
}

/** One client. What is optional is added by an imported value of its options. */
export type Core<U = unknown> = Base<U> &
  Partial<TimerPart & StoragePart & TabsPart & CookiePart & ProofPart>

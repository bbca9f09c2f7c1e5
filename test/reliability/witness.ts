import type { UserId } from '../../src/users/user.ts'
import type { Answer } from '../server/client.ts'
import type { Pair, RefreshToken } from './clients.ts'
import type { Operation } from './history.ts'
import type { Family, Refreshed, Span } from './model.ts'
import { atLeast, exactly, type Finding } from './trial.ts'
import type { UserState } from './user-state.ts'

/** Milliseconds after which a revocation must be known in every process. */
export const KNOWN = 1000

/** A user who signs in again and again, while others change the account. */
export interface User {
  readonly id: UserId
  /** At the beginning of the history. */
  readonly initial: UserState
  /** By the last answered change. */
  name: string
  password: string
  isDeleted: boolean
  /** Actions on the user, which affect every session. */
  readonly history: Operation<Family>[]
  /** Sign-ins that were refused. */
  readonly refusals: Operation<Family>[]
  /** What a change without an answer, or with 503, has done is not known: nothing of the user is judged. */
  isUnsure: boolean
}

export const userOf = (id: UserId, initial: UserState): User => ({
  id,
  initial,
  name: initial.name,
  password: initial.password ?? '',
  isDeleted: !initial.exists,
  history: [],
  refusals: [],
  isUnsure: false,
})

export interface SignIn {
  readonly session: string
  readonly user: User
  readonly history: Operation<Family>[]
  /** The refresh tokens of answers, by generation. */
  readonly tokens: RefreshToken[]
  readonly accesses: string[]
  /** When it was first certain to be revoked. */
  endedAt: number
  /** The same of the session. */
  isUnsure: boolean
}

/** Sees every answer and counts what must never happen; needs no model. */
export class Witness {
  readonly signIns: SignIn[] = []
  /** Answers outside the protocol. */
  readonly strange: string[] = []
  /** Requests without an answer, or with 503. */
  unavailable = 0
  readonly #successors = new Map<string, Set<string>>()
  #behaved = 0
  #recovered = 0
  #loggedOut = 0
  #afterEnd = 0
  #resets = 0
  #triedAfterEnd = 0
  #takenAfterEnd = 0

  entered(user: User, pair: Pair, history: readonly Operation<Family>[]): SignIn {
    const { session } = pair.refresh
    const endedAt = Number.POSITIVE_INFINITY
    const signIn: SignIn = {
      session,
      user,
      history: [...history],
      tokens: [],
      accesses: [],
      endedAt,
      isUnsure: false,
    }
    this.signIns.push(signIn)
    this.#given(signIn, pair)
    return signIn
  }

  refreshed(signIn: SignIn, span: Span, answer: Refreshed, pair: Pair | undefined): void {
    if (answer.kind === 'other') this.other('refresh', answer, signIn)
    else if (pair === undefined) this.over(signIn, span)
    else {
      if (span.began > signIn.endedAt) this.#afterEnd += 1
      this.#given(signIn, pair)
    }
  }

  /** An answer outside the protocol. @param of what is not sure any more if it is 503 */
  other(
    what: string,
    { status, body }: Pick<Answer, 'status' | 'body'>,
    of?: { isUnsure: boolean },
  ): void {
    if (status === 503) this.unsure(of)
    else this.strange.push(`${what}: ${status} ${body}`)
  }

  unsure(of?: { isUnsure: boolean }): void {
    this.unavailable += 1
    if (of !== undefined) of.isUnsure = true
  }

  /** Whose histories are complete. */
  sure(): readonly SignIn[] {
    return this.signIns.filter((each) => !each.isUnsure && !each.user.isUnsure)
  }

  /** @param isRefused although it was in time */
  behaved(isRefused: boolean): void {
    this.#behaved += 1
    if (isRefused) this.#loggedOut += 1
  }

  /** A late token got a successor beyond the unused one. */
  recovered(): void {
    this.#recovered += 1
  }

  /** A link has set a new password. */
  passwordReset(): void {
    this.#resets += 1
  }

  over(signIn: SignIn, { ended }: Span): void {
    signIn.endedAt = Math.min(signIn.endedAt, ended)
  }

  /** An answer of a guarded route. */
  greeted({ endedAt }: SignIn, { began }: Span, isLetIn: boolean): void {
    if (began <= endedAt + KNOWN) return
    this.#triedAfterEnd += 1
    if (isLetIn) this.#takenAfterEnd += 1
  }

  /** Whether the requests of a history so far are those that it needs. */
  hasSeenEnough(): boolean {
    return this.#behaved > 0 && this.#recovered > 0 && this.#resets > 0
  }

  findings(): readonly Finding[] {
    const forks = [...this.#successors.values()].filter(({ size }) => size > 1)
    return [
      atLeast(1, 'refreshes by well-behaved clients', this.#behaved),
      exactly(0, 'of them rejected', this.#loggedOut),
      atLeast(1, 'late tokens that moved a session on', this.#recovered),
      atLeast(1, 'passwords set by links', this.#resets),
      exactly(0, 'tokens with two successors', forks.length),
      exactly(0, 'refreshes that succeeded after an answered revocation', this.#afterEnd),
      atLeast(1, 'access tokens used a second after that', this.#triedAfterEnd),
      exactly(0, 'of them accepted', this.#takenAfterEnd),
      exactly(0, 'answers outside the protocol', this.strange.length),
    ]
  }

  #given({ session, tokens, accesses }: SignIn, { refresh, access }: Pair): void {
    tokens[refresh.generation] = refresh
    accesses.push(access)
    const key = `${session} ${refresh.generation}`
    this.#successors.set(key, (this.#successors.get(key) ?? new Set()).add(refresh.jti))
  }
}

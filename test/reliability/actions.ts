import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../differential/random.ts'
import type { ServerProcess } from '../server/process.ts'
import { type clientsOf, expiredCopy, type RefreshToken, timed } from './clients.ts'
import { type ModelOptions, operations, type Span } from './model.ts'
import type { ResetCodes } from './reset-codes.ts'
import { type Login, userActions } from './user-actions.ts'
import type { SignIn, Witness } from './witness.ts'

/** A session that clients share, and the login that opens the next one. */
export interface Place {
  readonly login: Login
  signIn: SignIn | undefined
}

/** Fewer than as many clients sign in besides another, while an administrator changes their user. */
const ENTERING = 4

/** Milliseconds between the check of a password and the insert of the session. */
export const SIGN_IN_PAUSE = 50

/**
 * What can happen to a session or its user, on a server chosen at random; the witness sees every
 * answer.
 */
export function actionsAt(
  servers: readonly ServerProcess[],
  { signIn, refresh, signOut, greet, resetPassword }: ReturnType<typeof clientsOf>,
  {
    witness,
    chance,
    options,
    codes,
  }: {
    readonly witness: Witness
    readonly chance: Chance
    readonly options: ModelOptions
    readonly codes: ResetCodes
  },
) {
  const model = operations(options)
  const server = (): ServerProcess => chance.pick(servers)
  const change = userActions({ server, witness, chance, model, codes, resetPassword })

  async function enter(place: Place): Promise<void> {
    const { user } = place.login
    const { name, password } = user
    const { span, answer } = await signIn(server(), name, password)
    if (!('status' in answer)) {
      const signedIn = model.signedIn(span, answer.refresh, { name, password })
      place.signIn = witness.entered(user, answer, signedIn)
    } else if (answer.status === 401) {
      user.refusals.push(model.refused(span, { name, password }))
    } else if (answer.status !== 503) {
      // 503: too many passwords are being hashed.
      witness.strange.push(`sign-in: ${answer.status} ${answer.body}`)
    }
  }

  async function exchange(client: SignIn, token: RefreshToken) {
    const { span, answer, pair } = await refresh(server(), token)
    const generations = (pair?.refresh.generation ?? 0) - token.generation
    if (generations > 1) witness.recovered()
    client.history.push(...model.refreshed(span, token, answer))
    witness.refreshed(client, span, answer, pair)
    const isUnknown = answer.kind === 'other' && answer.status === 503
    return { span, isRefused: pair === undefined && !isUnknown }
  }

  async function exchangeExpired(client: SignIn, token: RefreshToken): Promise<void> {
    const { span, answer } = await refresh(server(), expiredCopy(token))
    client.history.push(model.refreshedExpired(span, token, answer))
    if (answer.kind === 'other') witness.other('refresh', answer, client)
  }

  /**
   * A well-behaved client: two tabs refresh at once, an answer is lost and the request repeated,
   * or neither.
   */
  async function behave(place: Place): Promise<void> {
    const { signIn: client } = place
    if (client === undefined) return enter(place)
    const token = client.tokens.at(-1)!
    const again = () => exchange(client, token)
    const first = again()
    const second = chance.once(3) ? again() : chance.once(2) ? first.then(again) : first
    const both = await Promise.all([first, second])
    const isRefused = both.some((each) => each.isRefused)
    witness.behaved(isRefused && !isTooLate(...both))
    if (isRefused || client.isUnsure) place.signIn = undefined
  }

  /** Whether a repetition came after the limit of lost answers. */
  const isTooLate = (...exchanges: readonly { readonly span: Span }[]): boolean => {
    const spans = exchanges.map(({ span }) => span)
    const began = Math.min(...spans.map((span) => span.began))
    const ended = Math.max(...spans.map((span) => span.ended))
    return ended - began > options.lostAnswer * 1000
  }

  /**
   * A well-behaved client that never got an answer: after the overlap it presents its token again, also twice at once. Someone who
   * has the unused successor may be faster, or present it later: then the session ends.
   */
  async function loseAnswer(place: Place): Promise<void> {
    const { signIn: client } = place
    if (client === undefined) return enter(place)
    const token = client.tokens.at(-1)!
    const lost = await exchange(client, token)
    witness.behaved(lost.isRefused)
    if (lost.isRefused || client.isUnsure) {
      place.signIn = undefined
      return
    }
    const unused = client.tokens.at(-1)!
    await sleep(options.overlap * 1000 + chance.int(300))
    const isStolen = chance.once(3)
    const presented = [...times(1 + chance.int(3), token), ...(isStolen ? [unused] : [])]
    const again = await Promise.all(presented.map((each) => exchange(client, each)))
    const isRefused = again.some((each) => each.isRefused)
    if (!isStolen) witness.behaved(isRefused && !isTooLate(lost, ...again))
    const isFound = chance.once(4)
    if (isFound) await chance.pick([exchange, exchangeExpired])(client, unused)
    const isOver = isRefused || isStolen || isFound || client.isUnsure
    if (isOver) place.signIn = undefined
  }

  async function visit(client: SignIn, at = server()): Promise<void> {
    const { span, answer } = await greet(at, chance.pick(client.accesses))
    if (typeof answer === 'boolean') witness.greeted(client, span, answer)
    else witness.other('greeting', answer)
  }

  async function leave(client: SignIn): Promise<void> {
    const { span, answer } = await signOut(server(), anyOf(client))
    if (typeof answer === 'boolean') ended(client, span, answer)
    else witness.other('sign-out', answer, client)
  }

  async function end(client: SignIn): Promise<void> {
    const { span, answer } = await timed(() =>
      server().administer('endSession', client.session as never),
    )
    ended(client, span, answer)
  }

  function ended(client: SignIn, span: Span, answer: boolean): void {
    client.history.push(model.ended(span, answer))
    witness.over(client, span)
  }

  async function enterAgain(place: Place, client: SignIn): Promise<void> {
    if (client.endedAt < Number.POSITIVE_INFINITY && place.signIn === client)
      await enter(place)
  }

  const anyOf = ({ tokens }: SignIn): RefreshToken => chance.pick(tokens.filter(Boolean))

  const lots = [
    ...times<Action>(40, (_, client) => exchange(client, client.tokens.at(-1)!)),
    ...times<Action>(16, (_, client) =>
      exchange(client, client.tokens.at(-2) ?? client.tokens.at(-1)!),
    ),
    ...times<Action>(10, (_, client) => exchange(client, anyOf(client))),
    ...times<Action>(4, (_, client) => exchangeExpired(client, anyOf(client))),
    ...times<Action>(12, (_, client) => visit(client)),
    ...times<Action>(12, () => visit(chance.pick(witness.signIns))),
    ...times<Action>(4, (_, client) => leave(client)),
    ...times<Action>(2, (_, client) => end(client)),
    ...times<Action>(7, enterAgain),
  ]

  /** A change of a user, and what may take it back: what a token of before is worth shows then. */
  const changes: readonly (readonly [make: Change, undo?: Change])[] = [
    ...times(1, [change.endSessions] as const),
    ...times(9, [change.deactivate, change.activate] as const),
    ...times(5, [change.changePassword] as const),
    ...times(5, [change.resetPassword, change.resetPassword] as const),
    ...times(5, [change.changeEmail, change.changeEmail] as const),
    ...times(2, [change.rename] as const),
    ...times(3, [change.remove, change.createAgain] as const),
    ...times(2, [change.activate] as const),
  ]

  /** Any action of a client. */
  async function misbehave(place: Place): Promise<void> {
    if (place.signIn?.isUnsure !== false) await enter(place)
    else await chance.pick(lots)(place, place.signIn)
  }

  /** Any action of an administrator, most often between the check of a password and the insert of its session. */
  async function administer(place: Place): Promise<void> {
    const { login } = place
    const isMissing = login.user.isDeleted && chance.once(2)
    const [make, undo] = isMissing ? [change.createAgain] : chance.pick(changes)
    const others = Array.from(
      { length: chance.int(ENTERING) },
      (): Place => ({ login, signIn: undefined }),
    )
    // Else what a session of before is worth shows then.
    const entering = chance.once(4) ? others : [place, ...others]
    const signingIn = entering.map(enterSoon)
    await sleep(chance.int(2 * SIGN_IN_PAUSE))
    await Promise.all([...signingIn, make(login)])
    if (!chance.once(4)) await undo?.(login)
    await Promise.all([place, ...others].map(use))
  }

  /** Requests take longer on a busy machine: of several, one comes at the right moment. */
  async function enterSoon(place: Place): Promise<void> {
    await sleep(chance.int(SIGN_IN_PAUSE))
    await enter(place)
  }

  async function use({ signIn: client }: Place): Promise<void> {
    if (client?.isUnsure === false) await exchange(client, client.tokens.at(-1)!)
  }

  /** Long after the last change, the state of the session decides what a guarded route answers. */
  async function judge(client: SignIn, at: ServerProcess): Promise<void> {
    const { span, answer } = await greet(at, chance.pick(client.accesses))
    if (typeof answer === 'boolean') {
      client.history.push(model.greeted(span, answer))
      witness.greeted(client, span, answer)
    } else witness.other('greeting', answer)
  }

  return { enter, behave, loseAnswer, misbehave, administer, judge }
}

type Change = (login: Login) => Promise<void>
type Action = (place: Place, client: SignIn) => Promise<unknown>

const times = <T>(count: number, one: T): readonly T[] =>
  Array.from({ length: count }, () => one)

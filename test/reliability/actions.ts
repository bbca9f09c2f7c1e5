import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../differential/random.ts'
import { ADA, type ServerProcess } from '../server/process.ts'
import { type clientsOf, type RefreshToken, timed } from './clients.ts'
import type { Operation } from './history.ts'
import { type Family, type ModelOptions, operations, type Span } from './model.ts'
import type { SignIn, User, Witness } from './witness.ts'

/** The server for the next sign-in. */
export interface Place {
  readonly user: User
  signIn: SignIn | undefined
}

/**
 * What can happen to a session or its user, on a server chosen at random; the witness sees every
 * answer.
 */
export function actionsAt(
  servers: readonly ServerProcess[],
  { signIn, refresh, signOut, greet }: ReturnType<typeof clientsOf>,
  {
    witness,
    chance,
    options,
  }: {
    readonly witness: Witness
    readonly chance: Chance
    readonly options: ModelOptions
  },
) {
  const model = operations(options)
  const server = (): ServerProcess => chance.pick(servers)

  async function enter(place: Place): Promise<void> {
    const { span, answer } = await signIn(server(), place.user.username, ADA.password)
    if (!('status' in answer)) {
      place.signIn = witness.entered(place.user, answer, [
        model.signedIn(span, answer.refresh),
      ])
    } else if (answer.status !== 401 && answer.status !== 503) {
      // Sign-in can fail while the user is being deactivated, and with 503 while too many passwords
      // are hashed.
      witness.strange.push(`sign-in: ${answer.status} ${answer.body}`)
    }
  }

  async function exchange(its: SignIn, token: RefreshToken) {
    const { span, answer, pair } = await refresh(server(), token)
    const generations = (pair?.refresh.generation ?? 0) - token.generation
    if (generations > 1) witness.recovered()
    its.history.push(...model.refreshed(span, token, answer))
    witness.refreshed(its, span, answer, pair)
    return { span, isRefused: pair === undefined }
  }

  /**
   * A well-behaved client: two tabs refresh at once, an answer is lost and the request repeated,
   * or neither.
   */
  async function behave(place: Place): Promise<void> {
    const { signIn: its } = place
    if (its === undefined) return enter(place)
    const token = its.tokens.at(-1)!
    const again = () => exchange(its, token)
    const first = again()
    const second = chance.once(3) ? again() : chance.once(2) ? first.then(again) : first
    const both = await Promise.all([first, second])
    const isRefused = both.some((each) => each.isRefused)
    witness.behaved(isRefused && !isTooLate(...both))
    if (isRefused) place.signIn = undefined
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
    const { signIn: its } = place
    if (its === undefined) return enter(place)
    const token = its.tokens.at(-1)!
    const lost = await exchange(its, token)
    witness.behaved(lost.isRefused)
    if (lost.isRefused) {
      place.signIn = undefined
      return
    }
    const unused = its.tokens.at(-1)!
    await sleep(options.overlap * 1000 + chance.int(300))
    const isStolen = chance.once(3)
    const presented = [...times(1 + chance.int(3), token), ...(isStolen ? [unused] : [])]
    const again = await Promise.all(presented.map((each) => exchange(its, each)))
    const isRefused = again.some((each) => each.isRefused)
    if (!isStolen) witness.behaved(isRefused && !isTooLate(lost, ...again))
    const isFound = chance.once(4)
    if (isFound) await exchange(its, unused)
    if (isRefused || isStolen || isFound) place.signIn = undefined
  }

  async function visit(its: SignIn, at = server()): Promise<void> {
    const { span, answer } = await greet(at, chance.pick(its.accesses))
    if (typeof answer === 'boolean') witness.greeted(its, span, answer)
    else witness.strange.push(`greeting: ${answer.status} ${answer.body}`)
  }

  async function leave(its: SignIn): Promise<void> {
    const { span, answer } = await signOut(server(), anyOf(its))
    if (typeof answer === 'boolean') ended(its, span, answer)
    else witness.strange.push(`sign-out: ${answer.status} ${answer.body}`)
  }

  async function end(its: SignIn): Promise<void> {
    const { span, answer } = await timed(() =>
      server().administer('endSession', its.session as never),
    )
    ended(its, span, answer)
  }

  function ended(its: SignIn, span: Span, answer: boolean): void {
    its.history.push(model.ended(span, answer))
    witness.over(its, span)
  }

  const endAll = (user: User): Promise<void> =>
    endingAll(
      user,
      () => server().administer('endSessions', user.id),
      (span) => [model.endedAll(span)],
    )

  const deactivate = (user: User): Promise<void> =>
    endingAll(
      user,
      () => server().administer('changeUser', user.id, { active: false }),
      model.deactivated,
    )

  /** Revoking all sessions of a user covers those that existed when the call began. */
  async function endingAll(
    user: User,
    work: () => Promise<unknown>,
    operationsOf: (span: Span) => readonly Operation<Family>[],
  ): Promise<void> {
    const there = witness.signIns.filter((its) => its.user === user)
    const { span } = await timed(work)
    user.history.push(...operationsOf(span))
    for (const its of there) witness.over(its, span)
  }

  async function activate(user: User): Promise<void> {
    const { span } = await timed(() =>
      server().administer('changeUser', user.id, { active: true }),
    )
    user.history.push(model.activated(span))
  }

  async function enterAgain(place: Place, its: SignIn): Promise<void> {
    if (its.endedAt < Number.POSITIVE_INFINITY && place.signIn === its) await enter(place)
  }

  const anyOf = ({ tokens }: SignIn): RefreshToken => chance.pick(tokens.filter(Boolean))

  const lots = [
    ...times<Action>(40, (_, its) => exchange(its, its.tokens.at(-1)!)),
    ...times<Action>(16, (_, its) =>
      exchange(its, its.tokens.at(-2) ?? its.tokens.at(-1)!),
    ),
    ...times<Action>(10, (_, its) => exchange(its, anyOf(its))),
    ...times<Action>(12, (_, its) => visit(its)),
    ...times<Action>(12, () => visit(chance.pick(witness.signIns))),
    ...times<Action>(4, (_, its) => leave(its)),
    ...times<Action>(2, (_, its) => end(its)),
    ...times<Action>(1, ({ user }) => endAll(user)),
    ...times<Action>(3, ({ user }) => deactivate(user)),
    ...times<Action>(6, ({ user }) => activate(user)),
    ...times<Action>(7, enterAgain),
  ]

  /** Any action. */
  async function misbehave(place: Place): Promise<void> {
    if (place.signIn === undefined) await enter(place)
    else await chance.pick(lots)(place, place.signIn)
  }

  return { enter, behave, loseAnswer, misbehave, visit }
}

type Action = (place: Place, its: SignIn) => Promise<unknown>

const times = <T>(count: number, one: T): readonly T[] =>
  Array.from({ length: count }, () => one)

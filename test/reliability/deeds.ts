import type { Chance } from '../differential/random.ts'
import { ADA, type ServerProcess } from '../server/process.ts'
import { type clientsOf, type Said, timed } from './clients.ts'
import type { Operation } from './history.ts'
import { type Family, operations, type Span } from './model.ts'
import type { SignIn, User, Witness } from './witness.ts'

/** Where somebody signs in again when the sign-in before is over. */
export interface Place {
  readonly user: User
  signIn: SignIn | undefined
}

/** What can be done to a sign-in or its user, at a server taken by chance; the witness sees it all. */
export function deedsAt(
  servers: readonly ServerProcess[],
  { signIn, refresh, signOut, greet }: ReturnType<typeof clientsOf>,
  {
    witness,
    chance,
    overlap,
  }: { readonly witness: Witness; readonly chance: Chance; readonly overlap: number },
) {
  const told = operations(overlap)
  const server = (): ServerProcess => chance.pick(servers)

  async function enter(place: Place): Promise<void> {
    const { span, answer } = await signIn(server(), place.user.username, ADA.password)
    if (!('status' in answer)) {
      place.signIn = witness.entered(place.user, answer, [
        told.signedIn(span, answer.refresh),
      ])
    } else if (answer.status !== 401 && answer.status !== 503) {
      // A user who is being deactivated cannot sign in, and the hashes may be too many for a moment.
      witness.strange.push(`sign-in: ${answer.status} ${answer.body}`)
    }
  }

  async function exchange(its: SignIn, token: Said) {
    const { span, answer, pair } = await refresh(server(), token)
    its.history.push(...told.refreshed(span, token, answer))
    witness.refreshed(its, span, answer, pair)
    return { span, isRefused: pair === undefined }
  }

  /** As one does who behaves: two tabs refresh at once, an answer gets lost and is asked for again, or neither. */
  async function behave(place: Place): Promise<void> {
    const { signIn: its } = place
    if (its === undefined) return enter(place)
    const token = its.tokens.at(-1)!
    const again = () => exchange(its, token)
    const first = again()
    const second = chance.once(3) ? again() : chance.once(2) ? first.then(again) : first
    const both = await Promise.all([first, second])
    const isLate = both[1].span.ended - both[0].span.began > overlap * 1000
    const isRefused = both.some((each) => each.isRefused)
    witness.behaved(isRefused && !isLate)
    if (isRefused) place.signIn = undefined
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
    its.history.push(told.ended(span, answer))
    witness.over(its, span)
  }

  const endAll = (user: User): Promise<void> =>
    endingAll(
      user,
      () => server().administer('endSessions', user.id),
      (span) => [told.endedAll(span)],
    )

  const deactivate = (user: User): Promise<void> =>
    endingAll(
      user,
      () => server().administer('changeUser', user.id, { active: false }),
      told.deactivated,
    )

  /** What ends all sign-ins of a user ends those that were there when it began. */
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
    user.history.push(told.activated(span))
  }

  async function enterAgain(place: Place, its: SignIn): Promise<void> {
    if (its.endedAt < Number.POSITIVE_INFINITY && place.signIn === its) await enter(place)
  }

  const anyOf = ({ tokens }: SignIn): Said => chance.pick(tokens.filter(Boolean))

  const lots = [
    ...times<Deed>(40, (_, its) => exchange(its, its.tokens.at(-1)!)),
    ...times<Deed>(16, (_, its) =>
      exchange(its, its.tokens.at(-2) ?? its.tokens.at(-1)!),
    ),
    ...times<Deed>(10, (_, its) => exchange(its, anyOf(its))),
    ...times<Deed>(12, (_, its) => visit(its)),
    ...times<Deed>(12, () => visit(chance.pick(witness.signIns))),
    ...times<Deed>(4, (_, its) => leave(its)),
    ...times<Deed>(2, (_, its) => end(its)),
    ...times<Deed>(1, ({ user }) => endAll(user)),
    ...times<Deed>(3, ({ user }) => deactivate(user)),
    ...times<Deed>(6, ({ user }) => activate(user)),
    ...times<Deed>(7, enterAgain),
  ]

  /** Anything. */
  async function misbehave(place: Place): Promise<void> {
    if (place.signIn === undefined) await enter(place)
    else await chance.pick(lots)(place, place.signIn)
  }

  return { enter, behave, misbehave, visit }
}

type Deed = (place: Place, its: SignIn) => Promise<unknown>

const times = <T>(count: number, one: T): readonly T[] =>
  Array.from({ length: count }, () => one)

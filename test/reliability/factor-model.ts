import type { Name, Operation } from './history.ts'
import type { Span } from './model.ts'
import { about, FAILED, type Staged, type StepOf, stepsOf, type Taken } from './steps.ts'
import {
  isRedeemable,
  type UserState,
  withCodeAsked,
  withCodeIssued,
  withCodeRedeemed,
  without,
  withPassword,
} from './user-state.ts'

/** A user with second factors, under sequential requests. */
export interface FactorState extends Staged {
  readonly user: UserState
  readonly factors: Readonly<Record<number, Factor>>
  /** Recovery codes that are left. */
  readonly recovery: readonly string[]
  /** Tickets that were not redeemed. */
  readonly tickets: Readonly<Record<number, Ticket>>
  /** Links to sign in with that were not redeemed, with the epochs of their user. */
  readonly links: Readonly<Record<number, number>>
  /** Sessions that were not revoked, with the epochs of their user. */
  readonly sessions: Readonly<Record<number, number>>
}

interface Factor {
  readonly isConfirmed: boolean
  /** The last one that was used. */
  readonly step: number
}

interface Ticket {
  /** That of the user. */
  readonly epoch: number
  readonly presented: number
}

/** What a client presents as a second factor. */
export type Presented =
  | {
      readonly kind: 'totp'
      readonly factor: number
      readonly step: number
      /** Whether its time may be over when the server reads it. */
      readonly mayBeLate: boolean
    }
  | { readonly kind: 'recovery'; readonly code: string }
  | { readonly kind: 'wrong' }

/** What a first step of a sign-in has led to. */
export type Entered =
  | { readonly kind: 'session'; readonly number: number }
  | { readonly kind: 'ticket'; readonly number: number }
  | { readonly kind: 'refused' }

/** How often a ticket can be presented. */
const TICKET_ATTEMPTS = 5

export const withoutFactors = (user: UserState): FactorState => ({
  user,
  factors: {},
  recovery: [],
  tickets: {},
  links: {},
  sessions: {},
  stages: {},
})

/** Of factors that nothing names any more, only that there is one matters. */
const UNNAMED = 0

/** Without what is not looked up again. */
export function forgotten(
  state: FactorState,
  isNamed: (name: Name) => boolean,
): FactorState {
  const named = <Value>(record: Readonly<Record<number, Value>>) =>
    Object.fromEntries(Object.entries(record).filter(([key]) => isNamed(Number(key))))
  const isOther = ([key, { isConfirmed }]: readonly [string, Factor]): boolean =>
    isConfirmed && !isNamed(Number(key))
  const others = Object.entries(state.factors).some(isOther)
    ? { [UNNAMED]: { isConfirmed: true, step: 0 } }
    : {}
  return {
    ...state,
    factors: { ...others, ...named(state.factors) },
    recovery: state.recovery.filter(isNamed),
    tickets: named(state.tickets),
    links: named(state.links),
    sessions: named(state.sessions),
  }
}

type Operations = readonly Operation<FactorState>[]
type Step = StepOf<FactorState>

const { changing, eager, failing, inTurn, onlyIf, reading } = stepsOf<FactorState>()

/** What belongs to a former epoch is of no use again. */
const inEpoch = (state: FactorState, user: UserState): FactorState => ({
  ...state,
  user,
  tickets: {},
  links: {},
  sessions: {},
})

const epochOf = ({ user }: FactorState): number => user.epoch

const hasFactor = ({ factors }: FactorState): boolean =>
  Object.values(factors).some(({ isConfirmed }) => isConfirmed)

const isGood = ({ links, user }: FactorState, link: number): boolean =>
  links[link] === user.epoch

/** In the epoch that was read. */
const opened =
  (session: number): Step =>
  (state, read) =>
    read === state.user.epoch
      ? [{ state: { ...state, sessions: { ...state.sessions, [session]: read } } }]
      : []

/** At one moment: the session of a user without a factor. */
const openedWithoutFactor =
  (session: number): Step =>
  (state, read) =>
    hasFactor(state) ? [] : opened(session)(state, read)

/** A ticket in the epoch that was read: if another has begun, it is never good. */
const ticketIssued =
  (ticket: number): Step =>
  (state, epoch) => {
    const tickets = { ...state.tickets, [ticket]: { epoch, presented: 0 } }
    return [{ state: epoch === state.user.epoch ? { ...state, tickets } : state }]
  }

const goodTicket = ({ tickets, user }: FactorState, number: number) => {
  const ticket = tickets[number]
  return ticket?.epoch === user.epoch ? ticket : undefined
}

/** The factor is used, and the ticket redeemed. */
const finished =
  (number: number, presented: Presented): Step =>
  (state) => {
    const ticket = goodTicket(state, number)
    if (ticket === undefined || ticket.presented >= TICKET_ATTEMPTS) return []
    const rest = { ...state, tickets: without(state.tickets, number) }
    return used(presented)(rest, 0).map((taken) => ({ ...taken, read: ticket.epoch }))
  }

/** Attempts that may be counted before others that were answered earlier. */
const AT_ONCE = 2

/** The ticket was not good, or the factor was not; or the factor is used, and only then the ticket is not good any more. */
const notFinished =
  (number: number, presented: Presented): Step =>
  (state, read) => {
    const ticket = goodTicket(state, number)
    const failed = { state, read: FAILED }
    if (ticket === undefined)
      return [
        failed,
        ...used(presented)(state, read).map(({ state }) => ({ ...failed, state })),
      ]
    const counted = { ...ticket, presented: ticket.presented + 1 }
    const asked = { ...state, tickets: { ...state.tickets, [number]: counted } }
    const taken = usedInVain(presented)(asked, read)
    const isInVain = taken.length === 0 || taken.some((each) => each.read === FAILED)
    const mayBeExhausted = counted.presented + AT_ONCE > TICKET_ATTEMPTS
    const usedUp = taken.filter((each) => each.read !== FAILED)
    return isInVain || mayBeExhausted
      ? [...usedUp, { state: asked, read: FAILED }]
      : usedUp
  }

/** The ticket of a request that has used a factor is not good any more. */
const ticketWasted =
  (number: number): Step =>
  (state, read) =>
    read === FAILED || goodTicket(state, number) === undefined ? [{ state }] : []

/** A factor is used, once. */
const used =
  (presented: Presented): Step =>
  (state) => {
    switch (presented.kind) {
      case 'totp':
        return stepUsed(state, presented)
      case 'recovery':
        return recoveryUsed(state, presented.code)
      case 'wrong':
        return []
    }
  }

function stepUsed(
  state: FactorState,
  { factor: number, step }: Presented & { readonly kind: 'totp' },
): readonly Taken<FactorState>[] {
  const factor = state.factors[number]
  if (factor?.isConfirmed !== true || factor.step >= step) return []
  return [{ state: withFactor(state, number, { ...factor, step }) }]
}

/** The same if the request fails, perhaps for the time alone. */
const usedInVain =
  (presented: Presented): Step =>
  (state, read) => {
    const taken = used(presented)(state, read)
    const isLate = presented.kind === 'totp' && presented.mayBeLate
    return isLate ? [...taken, { state, read: FAILED }] : taken
  }

function recoveryUsed(state: FactorState, code: string): readonly Taken<FactorState>[] {
  if (!state.recovery.includes(code)) return []
  const recovery = state.recovery.filter((each) => each !== code)
  return [{ state: { ...state, recovery } }]
}

const withFactor = (state: FactorState, number: number, factor: Factor): FactorState => ({
  ...state,
  factors: { ...state.factors, [number]: factor },
})

const recoveryReplaced = (recovery: readonly string[]): Step =>
  changing((state) => ({ ...state, recovery }))

/** @param kept the session that made the change */
function othersEnded(state: FactorState, kept: number): FactorState {
  const epoch = state.sessions[kept]
  return { ...state, sessions: epoch === undefined ? {} : { [kept]: epoch } }
}

/** After a password was set: also those that were opened since. */
const sessionsEnded = changing((state) => ({ ...state, sessions: {} }))

/** After the account was read. */
function entering(entered: Exclude<Entered, { readonly kind: 'refused' }>) {
  if (entered.kind === 'session') return [openedWithoutFactor(entered.number)]
  return [onlyIf(hasFactor), ticketIssued(entered.number)]
}

const namesIn = (entered: Entered): readonly Name[] =>
  entered.kind === 'refused' ? [] : [entered.number]

function namesOf(presented: Presented): readonly Name[] {
  switch (presented.kind) {
    case 'totp':
      return [presented.factor]
    case 'recovery':
      return [presented.code]
    case 'wrong':
      return []
  }
}

const nameOf = (entered: Entered): string =>
  entered.kind === 'refused' ? 'refused' : `${entered.kind} ${entered.number}`

function shown(presented: Presented): string {
  switch (presented.kind) {
    case 'totp':
      return `step ${presented.step} of factor ${presented.factor}`
    case 'recovery':
      return `recovery code ${presented.code}`
    case 'wrong':
      return 'a wrong code'
  }
}

/**
 * The operations of histories with second factors, with their possible answers and effects.
 *
 * @param staleness milliseconds for which a server may not know what another has written about a user
 */
export const factorOperations = (staleness: number) => {
  /** What a server has read of a user may have been out of date. */
  const early = <Asked extends Span>(asked: Asked): Asked => ({
    ...asked,
    began: asked.began - staleness,
  })

  return {
    /** The password is checked; then, without a factor, the session is opened; with one, a ticket is issued. */
    signedIn(span: Span, password: string, entered: Entered): Operations {
      const says = `sign-in with ${password}: ${nameOf(entered)}`
      const isRight = ({ user }: FactorState): boolean => user.password === password
      if (entered.kind === 'refused')
        return inTurn(
          early(span),
          says,
          onlyIf((state) => !isRight(state)),
        )
      // No two epochs have the same password.
      const found = eager((state) =>
        isRight(state) ? [{ state, read: epochOf(state) }] : [],
      )
      const [read, ...rest] = inTurn(
        about(span, ...namesIn(entered)),
        says,
        found,
        ...entering(entered),
      )
      return [...(read === undefined ? [] : [early(read)]), ...rest]
    },

    /** A link to sign in with is issued, if the user has not changed since it was read. */
    linkIssued: (span: Span, link: number, isIssued: boolean): Operations =>
      inTurn(
        about(span, link),
        `link ${link} issued: ${isIssued}`,
        reading(epochOf),
        (state, read) => {
          if ((read === epochOf(state)) !== isIssued) return []
          const links = { ...state.links, [link]: read }
          return [{ state: isIssued ? { ...state, links } : state }]
        },
      ),

    /** The link is redeemed; then the account is read, as for a password. */
    linkRedeemed(span: Span, link: number, entered: Entered): Operations {
      const says = `link ${link}: ${nameOf(entered)}`
      const asked = about(span, link, ...namesIn(entered))
      if (entered.kind === 'refused')
        return inTurn(
          asked,
          says,
          onlyIf((state) => !isGood(state, link)),
        )
      const redeemed: Step = (state) =>
        isGood(state, link)
          ? [{ state: { ...state, links: without(state.links, link) } }]
          : []
      return inTurn(asked, says, redeemed, reading(epochOf), ...entering(entered))
    },

    /** The link is redeemed, and the user changed before the session was opened. */
    linkWasted(span: Span, link: number): Operations {
      const redeemed: Step = (state) =>
        isGood(state, link)
          ? [{ state: { ...state, links: without(state.links, link) } }]
          : []
      const isChanged = onlyIf((state, read) => read !== epochOf(state))
      return inTurn(
        about(span, link),
        `link ${link} wasted`,
        redeemed,
        reading(epochOf),
        isChanged,
      )
    },

    /** The ticket is redeemed, and the user changed before the session was opened. */
    finishedTooLate(span: Span, ticket: number, presented: Presented): Operations {
      const says = `ticket ${ticket} with ${shown(presented)}: too late`
      const isChanged = onlyIf((state, read) => read !== epochOf(state))
      const asked = about(span, ticket, ...namesOf(presented))
      return inTurn(asked, says, finished(ticket, presented), isChanged)
    },

    /**
     * The ticket is counted, the factor used, and the ticket redeemed, all while it is good; then the session is opened.
     *
     * @param session `undefined`: one of this was not possible
     */
    finished(
      span: Span,
      ticket: number,
      presented: Presented,
      session: number | undefined,
    ): Operations {
      const says = `ticket ${ticket} with ${shown(presented)}: ${session ?? 'refused'}`
      const asked = about(span, ticket, ...namesOf(presented))
      if (session === undefined)
        return inTurn(asked, says, notFinished(ticket, presented), ticketWasted(ticket))
      const named = about(span, ticket, session, ...namesOf(presented))
      return inTurn(named, says, finished(ticket, presented), opened(session))
    },

    begun: (span: Span, factor: number): Operations =>
      inTurn(
        about(span, factor),
        `factor ${factor} begun`,
        changing((state) => withFactor(state, factor, { isConfirmed: false, step: -1 })),
      ),

    /** Whether it is the first is read before; afterwards come the recovery codes, and the end of other sessions. */
    confirmed(
      span: Span,
      factor: number,
      step: number,
      codes: readonly string[],
      by: number,
    ): Operations {
      const isFirst = codes.length > 0
      return inTurn(
        about(span, factor, by),
        `factor ${factor} confirmed with step ${step}, first: ${isFirst}`,
        onlyIf((state) => hasFactor(state) !== isFirst),
        (state) => {
          if (state.factors[factor]?.isConfirmed !== false) return []
          return [{ state: withFactor(state, factor, { isConfirmed: true, step }) }]
        },
        changing((state) => (isFirst ? { ...state, recovery: codes } : state)),
        changing((state) => othersEnded(state, by)),
      )
    },

    /** A factor is used, and another one removed; with the last one, the recovery codes; then other sessions end. */
    removed: (span: Span, factor: number, presented: Presented, by: number): Operations =>
      inTurn(
        about(span, factor, by, ...namesOf(presented)),
        `factor ${factor} removed with ${shown(presented)}`,
        used(presented),
        (state) => {
          if (state.factors[factor] === undefined) return []
          return [{ state: { ...state, factors: without(state.factors, factor) } }]
        },
        changing((state) => (hasFactor(state) ? state : { ...state, recovery: [] })),
        changing((state) => othersEnded(state, by)),
      ),

    /** @param isUsed whether the presented factor was used: there was nothing to remove */
    notRemoved(
      span: Span,
      factor: number,
      presented: Presented,
      isUsed: boolean,
    ): Operations {
      const says = `factor ${factor} not removed with ${shown(presented)}`
      const asked = about(span, factor, ...namesOf(presented))
      if (!isUsed) return failing(asked, says, usedInVain(presented))
      const isGone = onlyIf(({ factors }) => factors[factor] === undefined)
      return inTurn(asked, says, used(presented), isGone)
    },

    /** @param codes `undefined`: the presented factor was not good */
    recoveryReplaced(
      span: Span,
      presented: Presented,
      codes: readonly string[] | undefined,
    ): Operations {
      const says = `new recovery codes with ${shown(presented)}: ${codes !== undefined}`
      const asked = about(span, ...namesOf(presented))
      if (codes === undefined) return failing(asked, says, usedInVain(presented))
      return inTurn(asked, says, used(presented), recoveryReplaced(codes))
    },

    factorsReset: (span: Span): Operations =>
      inTurn(
        span,
        'factors reset',
        changing((state) => ({ ...state, factors: {}, recovery: [] })),
      ),

    passwordChanged: (span: Span, password: string): Operations =>
      inTurn(
        span,
        `password ${password}`,
        changing((state) => inEpoch(state, withPassword(state.user, password))),
        sessionsEnded,
      ),

    resetAsked: (span: Span, number: number): Operations =>
      inTurn(
        span,
        `reset ${number} asked for`,
        changing((state) => ({ ...state, user: withCodeAsked(state.user, number) })),
      ),

    resetIssued: (span: Span, number: number, isIssued: boolean): Operations =>
      inTurn(span, `reset ${number} issued: ${isIssued}`, (state) => {
        const user = withCodeIssued(state.user, number, isIssued)
        return user === undefined ? [] : [{ state: { ...state, user } }]
      }),

    /**
     * The link is redeemed; then the password is set in the epoch of that.
     *
     * @param password `undefined`: one of this was not possible
     */
    reset(span: Span, number: number, password: string | undefined): Operations {
      const says = `reset ${number}: ${password ?? 'refused'}`
      const redeemed: Step = (state) => {
        const { user } = state
        if (!isRedeemable(user, number)) return []
        return [{ state: { ...state, user: withCodeRedeemed(user) }, read: user.epoch }]
      }
      const set: Step = (state, read) => {
        if (read !== epochOf(state)) return []
        return [{ state: inEpoch(state, withPassword(state.user, password ?? '')) }]
      }
      if (password === undefined) return failing(span, says, redeemed, set)
      return inTurn(span, says, redeemed, set, sessionsEnded)
    },

    refreshed: (span: Span, session: number, isAccepted: boolean): Operations =>
      inTurn(
        about(span, session),
        `session ${session} refreshed: ${isAccepted}`,
        onlyIf((state) => (state.sessions[session] === epochOf(state)) === isAccepted),
      ),
  }
}

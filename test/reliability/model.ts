import type { Operation } from './history.ts'
import {
  type Credentials,
  canSignIn,
  isRedeemable,
  NO_USER,
  type UserState,
  withCodeAsked,
  withCodeIssued,
  withCodeRedeemed,
  withEmail,
  without,
  withPassword,
} from './user-state.ts'

/** The cause of a revocation, by the answer that its tokens get. */
export type Cause = 'token' | 'user' | 'password'

/** The state of a session and its user, under sequential requests. */
export interface Family {
  readonly user: UserState
  /** Whether the sign-in has found its user. */
  readonly isFound: boolean
  readonly isOpen: boolean
  /** The epoch of the user at the sign-in. */
  readonly epoch: number
  readonly generation: number
  readonly jti: string
  readonly previousJti: string | undefined
  /** Request and answer of the last refresh. */
  readonly rotated: Span | undefined
  /** Request and answer of the first refresh with the previous token. */
  readonly spent: Span | undefined
  /** How often its answer was lost since. */
  readonly lostAnswers: number
  /** A cause about the token replaces one about the user. */
  readonly ended: Cause | undefined
  /** The epochs in which links were redeemed, by their numbers or by that of the refusal, until it is known what became of it. */
  readonly resets: Readonly<Record<number, number>>
  /** Revocations that are decided and not yet written. */
  readonly endings: Readonly<Record<Cause, number>>
}

/** Links that were refused, for all users. */
let refusals = 0

/** @param user at the beginning */
export const unopened = (user: UserState = NO_USER): Family => ({
  user,
  isFound: false,
  isOpen: false,
  epoch: 0,
  generation: 0,
  jti: '',
  previousJti: undefined,
  rotated: undefined,
  spent: undefined,
  lostAnswers: 0,
  ended: undefined,
  resets: {},
  endings: { token: 0, user: 0, password: 0 },
})

/** Milliseconds of one clock. */
export interface Span {
  readonly began: number
  readonly ended: number
}

/** The identity of a refresh token. */
export interface Token {
  readonly generation: number
  readonly jti: string
}

export type Refreshed =
  | { readonly kind: 'pair'; readonly token: Token }
  /** "Token is blacklisted". */
  | { readonly kind: 'revoked' }
  /** "Token is expired". */
  | { readonly kind: 'expired' }
  /** "No active account found for the given token." */
  | { readonly kind: 'no-account' }
  /** "The user's password has been changed." */
  | { readonly kind: 'password' }
  | { readonly kind: 'other'; readonly status: number; readonly body: string }

/** The options of the servers, and what they promise. */
export interface ModelOptions {
  /** Seconds for which the previous token gets the same successor again. */
  readonly overlap: number
  /** Seconds for which it gets another one after that, if the first was not used. */
  readonly lostAnswer: number
  /** Milliseconds for which a server may not know what another has written about a user. */
  readonly staleness: number
  /** Whether tokens name their users by email. */
  readonly namesByEmail: boolean
}

/** Milliseconds by which the clocks of client, server and database may differ. */
export const SLACK = 100

type Step = Operation<Family>['step']

/** The operations of histories, with their possible answers and effects. */
export function operations({ staleness, namesByEmail, ...options }: ModelOptions) {
  const overlap = options.overlap * 1000
  const lostAnswer = options.lostAnswer * 1000
  const operation = (span: Span, says: string, step: Step): Operation<Family> => ({
    ...span,
    says,
    step,
  })
  /** What a server has read of a user may have been out of date. */
  const read = ({ began, ended }: Span, says: string, step: Step): Operation<Family> => ({
    ...operation({ began: began - staleness, ended }, says, step),
    isEager: true,
  })

  return {
    /** Two steps: finding the user, then, after hashing the password, inserting the session. */
    signedIn: (
      span: Span,
      { generation, jti }: Token,
      credentials: Credentials,
    ): readonly Operation<Family>[] => [
      read(span, `found ${credentials.name}`, (family) => {
        const { exists, name } = family.user
        return exists && name === credentials.name ? [{ ...family, isFound: true }] : []
      }),
      operation(span, `signed in: ${generation}`, (family) => {
        const { user, isFound } = family
        if (!isFound || !canSignIn(user, credentials)) return []
        return [{ ...family, isOpen: true, epoch: user.epoch, generation, jti }]
      }),
    ],

    /** Only if at some moment the name, the password or the user was not the right one. */
    refused: (span: Span, credentials: Credentials): Operation<Family> =>
      read(span, `sign-in as ${credentials.name} refused`, (family) => {
        const isRight =
          family.user.name === credentials.name && canSignIn(family.user, credentials)
        return isRight ? [] : [family]
      }),

    /**
     * One answer can have been two steps: reading that the user is inactive or of another epoch, then
     * writing the revocation.
     */
    refreshed(span: Span, token: Token, answer: Refreshed): readonly Operation<Family>[] {
      const says = `refreshed ${token.generation}: ${answer.kind === 'pair' ? answer.token.generation : answer.kind}`
      const judged = operation(span, says, (family) =>
        afterRefresh(family, token, answer, span),
      )
      switch (answer.kind) {
        case 'no-account':
          return namesByEmail
            ? lookedUpInVain(span, says)
            : [judged, endedFor('user', span)]
        case 'password':
          return [
            judged,
            namesByEmail ? endedIfDecided('password', span) : endedFor('password', span),
          ]
        default:
          return [judged]
      }
    },

    /** A refresh with a token that has expired, which is reuse if it was spent. */
    refreshedExpired(span: Span, token: Token, { kind }: Refreshed): Operation<Family> {
      return operation(
        span,
        `refreshed expired ${token.generation}: ${kind}`,
        (family) => (kind === 'expired' ? afterExpired(family, token, span) : []),
      )
    },

    /** A guarded route, long after the last change of its user. */
    greeted: (span: Span, isAccepted: boolean): Operation<Family> =>
      operation(span, `access token accepted: ${isAccepted}`, (family) =>
        isLive(family) === isAccepted ? [family] : [],
      ),

    /** @param ended whether this call revoked it */
    ended: (span: Span, ended: boolean): Operation<Family> =>
      operation(span, `ended: ${ended}`, (family) =>
        family.isOpen && (family.ended !== 'token') === ended
          ? [endedBy(family, 'token')]
          : [],
      ),

    /** Revokes all sessions of the user; this session may be one of them. */
    endedAll: (span: Span): Operation<Family> =>
      operation(span, 'all sessions of the user revoked', (family) => [
        endedUnlessEnded(family, 'token'),
      ]),

    activated: (span: Span): Operation<Family> =>
      operation(span, 'user activated', (family) =>
        changed(family, { ...family.user, isActive: true }),
      ),

    /** First the user, then the sessions. */
    deactivated: (span: Span): readonly Operation<Family>[] => [
      operation(span, 'user deactivated', (family) =>
        changed(family, { ...family.user, isActive: false }, 'user'),
      ),
      endedFor('user', span),
    ],

    passwordChanged: (span: Span, password: string): readonly Operation<Family>[] => [
      operation(span, 'password changed', (family) =>
        changed(family, withPassword(family.user, password), 'password'),
      ),
      endedFor('password', span),
    ],

    /** The user was read for a link that sets a new password. */
    codeAsked: (span: Span, number: number): Operation<Family> =>
      operation(span, `link ${number} asked for`, (family) =>
        changed(family, withCodeAsked(family.user, number)),
      ),

    /** @param isIssued false: the user has changed since */
    codeIssued: (span: Span, number: number, isIssued: boolean): Operation<Family> =>
      operation(span, `link ${number} issued: ${isIssued}`, (family) => {
        const user = withCodeIssued(family.user, number, isIssued)
        return user === undefined ? [] : [{ ...family, user }]
      }),

    /** The link was redeemed; then, after hashing, the password was set in the epoch of that. */
    passwordReset: (
      span: Span,
      number: number,
      password: string,
    ): readonly Operation<Family>[] => [
      operation(span, `link ${number} redeemed`, (family) =>
        isRedeemable(family.user, number) ? [withLinkUsed(family, number)] : [],
      ),
      operation(span, `password set by link ${number}`, (family) => {
        const { user, resets } = family
        if (resets[number] !== user.epoch) return []
        const rest = { ...family, resets: without(resets, number) }
        return changed(rest, withPassword(user, password), 'password')
      }),
      endedFor('password', span),
    ],

    /** Refused at once, or redeemed and then too late: the user had changed. */
    resetRefused: (span: Span, number: number): readonly Operation<Family>[] => {
      // Of its own: another client may be redeeming the same link.
      const attempt = -++refusals
      return [
        operation(span, `link ${number} refused`, (family) => {
          if (isRedeemable(family.user, number)) return [withLinkUsed(family, attempt)]
          return [{ ...family, resets: { ...family.resets, [attempt]: NO_EPOCH } }]
        }),
        operation(span, `link ${number} was of no use`, (family) => {
          const { user, resets } = family
          const epoch = resets[attempt]
          const isUseful = user.exists && epoch === user.epoch
          if (epoch === undefined || isUseful) return []
          return [{ ...family, resets: without(resets, attempt) }]
        }),
      ]
    },

    renamed: (span: Span, name: string): Operation<Family> =>
      operation(span, `renamed ${name}`, (family) =>
        changed(family, { ...family.user, name }),
      ),

    /** Ends the sessions if tokens name the user by it. */
    emailChanged: (span: Span, email: string): readonly Operation<Family>[] => [
      operation(span, `email ${email}`, (family) => {
        const user = withEmail(family.user, email, namesByEmail)
        const isOver = user.epoch !== family.user.epoch
        return changed(family, user, isOver ? 'token' : undefined)
      }),
      ...(namesByEmail ? [endedIfDecided('token', span)] : []),
    ],

    /** @param existed whether this call deleted the user; the sessions are revoked in any case */
    deleted: (span: Span, existed: boolean): readonly Operation<Family>[] => [
      operation(span, `user deleted: ${existed}`, (family) =>
        family.user.exists === existed
          ? [decided({ ...family, user: NO_USER }, 'user')]
          : [],
      ),
      endedFor('user', span),
    ],

    /** A user with the id of a deleted one, whose remains are removed first. */
    created: (span: Span, user: UserState): readonly Operation<Family>[] => [
      remainsRemoved(span),
      operation(span, `user created: ${user.name}`, (family) =>
        family.user.exists ? [] : [{ ...family, user }],
      ),
    ],

    /** Because the id, the name or the email is taken. */
    notCreated: (span: Span): Operation<Family> => remainsRemoved(span),

    /** A change that found no user. */
    missed: (span: Span): Operation<Family> =>
      operation(span, 'no such user', (family) => (family.user.exists ? [] : [family])),
  }

  function afterRefresh(
    family: Family,
    token: Token,
    answer: Refreshed,
    span: Span,
  ): readonly Family[] {
    if (!family.isOpen) return []
    switch (answer.kind) {
      case 'pair':
        return isLive(family) ? afterPair(family, token, answer.token, span) : []
      case 'revoked':
        return family.ended === 'token' || isReuse(family, token, span)
          ? [endedBy(family, 'token')]
          : []
      case 'no-account':
        return isEndedBy(family, 'user', !isUsable(family.user))
          ? [decided(family, 'user')]
          : []
      case 'password':
        return isEndedBy(family, 'password', isOfAnotherEpoch(family))
          ? [decided(family, 'password'), ...(namesByEmail ? [family] : [])]
          : []
      // A token that is valid by its times.
      case 'expired':
      case 'other':
        return []
    }
  }

  /** The session is read before it is revoked: its user may change in between. */
  function afterExpired(family: Family, token: Token, span: Span): readonly Family[] {
    if (!family.isOpen) return []
    if (!isReuse(family, token, span)) return [family]
    const canBeOther =
      isPrevious(family, token) &&
      (canBeYounger(family, span) || canBeWithinLimit(family, span))
    const revoked = endedBy(family, 'token')
    return isLive(family) && !canBeOther ? [revoked] : [family, revoked]
  }

  function afterPair(
    family: Family,
    token: Token,
    successor: Token,
    span: Span,
  ): readonly Family[] {
    const isNext =
      successor.generation === family.generation + 1 && successor.jti !== family.jti
    const next = { ...family, ...successor, rotated: span }
    if (isSame(token, family))
      return isNext
        ? [{ ...next, previousJti: family.jti, spent: span, lostAnswers: 0 }]
        : []
    if (!isPrevious(family, token)) return []
    if (isSame(successor, family)) return canBeYounger(family, span) ? [family] : []
    const isLate = canBeOlder(family, span) && canBeWithinLimit(family, span)
    return isNext && isLate ? [{ ...next, lostAnswers: family.lostAnswers + 1 }] : []
  }

  function isReuse(family: Family, token: Token, span: Span): boolean {
    if (token.generation >= family.generation) return false
    if (!isPrevious(family, token)) return true
    return canBeOlder(family, span) && canBeBeyondLimit(family, span)
  }

  /**
   * Whether the overlap may have been open, and whether it may have been over: close to its end,
   * both.
   */
  function canBeYounger({ rotated }: Family, { began }: Span): boolean {
    return rotated !== undefined && began - rotated.ended <= overlap + SLACK
  }

  function canBeOlder({ rotated }: Family, { ended }: Span): boolean {
    return rotated === undefined || ended - rotated.began > overlap - SLACK
  }

  /** The same for the limit of lost answers. */
  function canBeWithinLimit({ spent }: Family, { began }: Span): boolean {
    return spent !== undefined && began - spent.ended <= lostAnswer + SLACK
  }

  function canBeBeyondLimit({ spent }: Family, { ended }: Span): boolean {
    return spent === undefined || ended - spent.began > lostAnswer - SLACK
  }

  /**
   * If tokens name emails, the account is read before the session, and what is revoked follows from the user at another
   * moment.
   */
  function lookedUpInVain(span: Span, says: string): readonly Operation<Family>[] {
    return [
      read(span, says, (family) => {
        const isGone = !isUsable(family.user) || family.user.epoch !== family.epoch
        return family.isOpen && isEndedBy(family, 'user', isGone) ? [family] : []
      }),
      operation(span, 'user read again', (family) =>
        isUsable(family.user) ? [family] : [family, decided(family, 'user')],
      ),
      endedIfDecided('user', span),
    ]
  }

  /** That the user is inactive is the first answer, unless tokens name emails: then the account is read later. */
  function isOfAnotherEpoch({ user, epoch }: Family): boolean {
    return user.exists && user.epoch !== epoch && (user.isActive || namesByEmail)
  }

  /** The second step, decided in the first. */
  function endedFor(cause: Cause, span: Span): Operation<Family> {
    return operation(span, `revoked: ${cause}`, (family) =>
      family.endings[cause] === 0
        ? []
        : [endedUnlessEnded(undecided(family, cause), cause)],
    )
  }

  function endedIfDecided(cause: Cause, span: Span): Operation<Family> {
    return operation(span, `revoked: ${cause}`, (family) => [
      family.endings[cause] === 0
        ? family
        : endedUnlessEnded(undecided(family, cause), cause),
    ])
  }

  /** Before a user is created with a given id, if there is no such user. */
  function remainsRemoved(span: Span): Operation<Family> {
    return operation(span, 'remains removed', (family) =>
      family.user.exists ? [family] : [family, endedUnlessEnded(family, 'user')],
    )
  }
}

/** A link that was refused at once. */
const NO_EPOCH = -1

const withLinkUsed = (family: Family, attempt: number): Family => ({
  ...family,
  user: withCodeRedeemed(family.user),
  resets: { ...family.resets, [attempt]: family.user.epoch },
})

const isSame = (a: Token, b: Token): boolean =>
  a.generation === b.generation && a.jti === b.jti

const isPrevious = (family: Family, { generation, jti }: Token): boolean =>
  generation === family.generation - 1 - family.lostAnswers && jti === family.previousJti

const isUsable = ({ exists, isActive }: UserState): boolean => exists && isActive

const isLive = ({ isOpen, ended, user, epoch }: Family): boolean =>
  isOpen && ended === undefined && isUsable(user) && user.epoch === epoch

/** @param isFault whether the state of the user is a reason to end a live session */
const isEndedBy = ({ ended }: Family, cause: Cause, isFault: boolean): boolean =>
  ended === cause || (ended === undefined && isFault)

const endedBy = (family: Family, ended: Cause): Family => ({ ...family, ended })

const endedUnlessEnded = (family: Family, cause: Cause): Family =>
  family.isOpen && family.ended === undefined ? endedBy(family, cause) : family

/** @param cause for which the sessions are revoked afterwards */
const changed = (family: Family, user: UserState, cause?: Cause): readonly Family[] => {
  if (!family.user.exists) return []
  const next = { ...family, user }
  return [cause === undefined ? next : decided(next, cause)]
}

const decided = (family: Family, cause: Cause): Family => counted(family, cause, 1)
const undecided = (family: Family, cause: Cause): Family => counted(family, cause, -1)

const counted = (family: Family, cause: Cause, by: number): Family => ({
  ...family,
  endings: { ...family.endings, [cause]: family.endings[cause] + by },
})

import type { Operation } from './history.ts'

/** The state of a session and its user, under sequential requests. */
export interface Family {
  readonly isOpen: boolean
  readonly isUserActive: boolean
  readonly generation: number
  readonly jti: string
  readonly previousJti: string | undefined
  /** Request and answer of the last refresh. */
  readonly rotated: Span | undefined
  /** Request and answer of the first refresh with the previous token. */
  readonly spent: Span | undefined
  /** How often its answer was lost since. */
  readonly lostAnswers: number
  /** The cause of the revocation. A cause about the token replaces one about the user. */
  readonly ended: 'token' | 'user' | undefined
  /** Revocations decided because of the user and not yet written. */
  readonly endings: number
}

export const UNOPENED: Family = {
  isOpen: false,
  isUserActive: true,
  generation: 0,
  jti: '',
  previousJti: undefined,
  rotated: undefined,
  spent: undefined,
  lostAnswers: 0,
  ended: undefined,
  endings: 0,
}

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
  /** "No active account found for the given token." */
  | { readonly kind: 'no-account' }
  | { readonly kind: 'other'; readonly status: number; readonly body: string }

/** Milliseconds by which the clocks of client, server and database may differ. */
const SLACK = 100

/** The options of the servers, in seconds. */
export interface ModelOptions {
  readonly overlap: number
  readonly lostAnswer: number
}

/** The operations of histories, with their possible answers and effects. */
export function operations(options: ModelOptions) {
  const overlap = options.overlap * 1000
  const lostAnswer = options.lostAnswer * 1000

  return {
    signedIn: (span: Span, { generation, jti }: Token): Operation<Family> => ({
      ...span,
      says: `signed in: ${generation}`,
      step: (family) => [{ ...family, isOpen: true, generation, jti }],
    }),

    /**
     * One answer can have been two steps: reading that the user is inactive, then writing the
     * revocation.
     */
    refreshed(span: Span, token: Token, answer: Refreshed): readonly Operation<Family>[] {
      const says = `refreshed ${token.generation}: ${answer.kind === 'pair' ? answer.token.generation : answer.kind}`
      const judged: Operation<Family> = {
        ...span,
        says,
        step: (family) => afterRefresh(family, token, answer, span),
      }
      return answer.kind === 'no-account' ? [judged, endedForUser(span)] : [judged]
    },

    /** @param ended whether this call revoked it */
    ended: (span: Span, ended: boolean): Operation<Family> => ({
      ...span,
      says: `ended: ${ended}`,
      step: (family) =>
        family.isOpen && (family.ended !== 'token') === ended
          ? [endedBy(family, 'token')]
          : [],
    }),

    /** Revokes all sessions of the user; this session may be one of them. */
    endedAll: (span: Span): Operation<Family> => ({
      ...span,
      says: 'all sessions of the user revoked',
      step: (family) => [
        family.isOpen && family.ended === undefined ? endedBy(family, 'token') : family,
      ],
    }),

    activated: (span: Span): Operation<Family> => ({
      ...span,
      says: 'user activated',
      step: (family) => [{ ...family, isUserActive: true }],
    }),

    /** First the user, then the sessions. */
    deactivated: (span: Span): readonly Operation<Family>[] => [
      {
        ...span,
        says: 'user deactivated',
        step: (family) => [
          { ...family, isUserActive: false, endings: family.endings + 1 },
        ],
      },
      endedForUser(span),
    ],
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
        return family.ended === undefined && family.isUserActive
          ? afterPair(family, token, answer.token, span)
          : []
      case 'revoked':
        return family.ended === 'token' || isReuse(family, token, span)
          ? [endedBy(family, 'token')]
          : []
      case 'no-account':
        return family.ended === 'user' ||
          (family.ended === undefined && !family.isUserActive)
          ? [{ ...family, endings: family.endings + 1 }]
          : []
      case 'other':
        return []
    }
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
}

const isSame = (a: Token, b: Token): boolean =>
  a.generation === b.generation && a.jti === b.jti

const isPrevious = (family: Family, { generation, jti }: Token): boolean =>
  generation === family.generation - 1 - family.lostAnswers && jti === family.previousJti

const endedBy = (family: Family, ended: 'token' | 'user'): Family => ({
  ...family,
  ended,
})

/** The second step, decided in the first. */
const endedForUser = (span: Span): Operation<Family> => ({
  ...span,
  says: 'revoked because of its user',
  step(family) {
    if (family.endings === 0) return []
    const decided = { ...family, endings: family.endings - 1 }
    return [
      family.isOpen && family.ended === undefined ? endedBy(decided, 'user') : decided,
    ]
  },
})

import type { Name, Operation } from './history.ts'
import type { Span } from './model.ts'
import { about, FAILED, type Staged, type StepOf, stepsOf } from './steps.ts'
import { without } from './user-state.ts'

/** A user and an application, under sequential requests. */
export interface GrantState extends Staged {
  /** That of the user. */
  readonly epoch: number
  /** Whether the application is. */
  readonly isEnabled: boolean
  /** The sessions of the user that were not revoked, with the epochs in which they began. */
  readonly browsers: Readonly<Record<number, number>>
  readonly codes: Readonly<Record<number, Code>>
  /** Those that were not revoked. */
  readonly consents: Readonly<Record<number, Consent>>
}

interface Code {
  readonly epoch: number
  /** The session in which the user has agreed. */
  readonly browser: number
  /** What it was redeemed for. */
  readonly consent?: number
}

interface Consent {
  readonly epoch: number
  /** The requests that have found it, and are about to revoke it: each consent at a moment of its own. */
  readonly foundBy: readonly number[]
}

export const NO_GRANTS: GrantState = {
  epoch: 0,
  isEnabled: true,
  browsers: {},
  codes: {},
  consents: {},
  stages: {},
}

type Operations = readonly Operation<GrantState>[]
type Step = StepOf<GrantState>

const { changing, inTurn, onlyIf } = stepsOf<GrantState>()

const isLive = ({ consents, epoch }: GrantState, consent: number): boolean =>
  consents[consent]?.epoch === epoch

const isEnding = ({ consents }: GrantState, consent: number): boolean =>
  (consents[consent]?.foundBy.length ?? 0) > 0

/** Without what is not looked up again. */
export function forgotten(
  state: GrantState,
  isNamed: (name: Name) => boolean,
): GrantState {
  const { codes, browsers, consents } = state
  const keys = Object.keys(codes).filter((key) => isNamed(Number(key)))
  const used = new Set(keys.map((key) => codes[Number(key)]?.browser))
  const kept = <Value>(
    record: Readonly<Record<number, Value>>,
    isKept: (key: number) => boolean,
  ) => Object.fromEntries(Object.entries(record).filter(([key]) => isKept(Number(key))))
  return {
    ...state,
    codes: kept(codes, isNamed),
    browsers: kept(browsers, (key) => used.has(key) || isNamed(key)),
    consents: kept(consents, isNamed),
  }
}

const isGood = (state: GrantState, { epoch, browser }: Code): boolean =>
  epoch === state.epoch && state.browsers[browser] !== undefined

/** What a request has read of a code that was not redeemed: no consent. */
const UNREDEEMED = 0

const failedIf = (state: GrantState, isSo: boolean) =>
  isSo ? [{ state, read: FAILED }] : []

const isEnabled = onlyIf((state) => state.isEnabled)

const isDisabled = onlyIf((state) => !state.isEnabled)

const withoutConsent = (state: GrantState, consent: number): GrantState => ({
  ...state,
  consents: without(state.consents, consent),
})

/** Requests that revoke several consents. */
let revocations = 0

/** All consents of a moment are found, and then revoked: one that is opened in between goes on, and each may have ended at any moment. */
function allRevoked(): readonly [found: Step, revoked: Step] {
  revocations += 1
  const by = revocations
  const found = changing((state) => {
    const all = Object.entries(state.consents).map(
      ([key, each]) => [key, { ...each, foundBy: [...each.foundBy, by] }] as const,
    )
    return { ...state, consents: Object.fromEntries(all) }
  })
  const revoked = changing((state) => {
    const rest = Object.entries(state.consents).filter(
      ([, { foundBy }]) => !foundBy.includes(by),
    )
    return { ...state, consents: Object.fromEntries(rest) }
  })
  return [found, revoked]
}

/** The operations of histories with authorization codes and consents, with their possible answers and effects. */
export const GRANT_OPERATIONS = {
  signedIn: (span: Span, browser: number): Operations =>
    inTurn(
      about(span, browser),
      `session ${browser}`,
      changing((state) => ({
        ...state,
        browsers: { ...state.browsers, [browser]: state.epoch },
      })),
    ),

  signedOut: (span: Span, browser: number): Operations =>
    inTurn(
      about(span, browser),
      `session ${browser} ended`,
      changing((state) => ({ ...state, browsers: without(state.browsers, browser) })),
    ),

  /** @param isIssued false: the user has changed since it was read */
  issued: (span: Span, code: number, browser: number, isIssued: boolean): Operations =>
    inTurn(
      about(span, code, browser),
      `code ${code} issued in session ${browser}: ${isIssued}`,
      (state) => [{ state, read: state.epoch }],
      (state, epoch) => {
        if ((epoch === state.epoch) !== isIssued) return []
        const codes = { ...state.codes, [code]: { epoch, browser } }
        return [{ state: isIssued ? { ...state, codes } : state }]
      },
    ),

  /** The application and the session are checked; then the code is redeemed with its consent. */
  redeemed(span: Span, number: number, consent: number): Operations {
    const isSignedIn = onlyIf(({ codes, browsers }) => {
      const browser = codes[number]?.browser
      return browser !== undefined && browsers[browser] !== undefined
    })
    const opened: Step = (state) => {
      const { epoch, codes, consents } = state
      const code = codes[number]
      if (code?.epoch !== epoch || code.consent !== undefined) return []
      const next = {
        codes: { ...codes, [number]: { ...code, consent } },
        consents: { ...consents, [consent]: { epoch, foundBy: [] } },
      }
      return [{ state: { ...state, ...next } }]
    }
    return inTurn(
      about(span, number, consent),
      `code ${number} redeemed: consent ${consent}`,
      isEnabled,
      isSignedIn,
      opened,
    )
  },

  /**
   * The code is read; if it was redeemed, its consent is ended. Else the session is checked: if that has ended, nothing else is, also if
   * another request has redeemed the code meanwhile. Else the code is redeemed in vain.
   */
  notRedeemed(span: Span, number: number): Operations {
    const found: Step = (state) => {
      const code = state.codes[number]
      return code === undefined ? [] : [{ state, read: code.consent ?? UNREDEEMED }]
    }
    const checked: Step = (state, read) => {
      const code = state.codes[number]
      if (read !== UNREDEEMED) return [{ state }]
      if (code === undefined) return []
      if (code.consent !== undefined)
        return [
          { state, read: code.consent },
          ...failedIf(state, state.browsers[code.browser] === undefined),
        ]
      return failedIf(state, !isGood(state, code))
    }
    const ended: Step = (state, consent) => [{ state: withoutConsent(state, consent) }]
    // The consents that it may end are named by their own requests.
    const asked = about(span, number)
    return inTurn(asked, `code ${number} refused`, isEnabled, found, checked, ended)
  },

  /** Whatever was asked for. */
  clientRefused: (span: Span): Operations =>
    inTurn(span, 'application refused', isDisabled),

  /** A refusal may revoke it: because of the epoch, or because another request is about to. */
  refreshed(span: Span, consent: number, isAccepted: boolean): Operations {
    const rotated: Step = (state) => (isLive(state, consent) ? [{ state }] : [])
    const refused: Step = (state) => {
      const isOver = !isLive(state, consent) || isEnding(state, consent)
      return isOver ? [{ state: withoutConsent(state, consent) }] : []
    }
    return inTurn(
      about(span, consent),
      `consent ${consent} refreshed: ${isAccepted}`,
      isEnabled,
      isAccepted ? rotated : refused,
    )
  },

  revoked: (span: Span, consent: number): Operations =>
    inTurn(
      about(span, consent),
      `consent ${consent} revoked`,
      isEnabled,
      changing((state) => withoutConsent(state, consent)),
    ),

  /** Its session is found with all others in one read: one of another epoch, too, until that is revoked. */
  disconnected(span: Span, consent: number): Operations {
    const [found, revoked] = allRevoked()
    const foundIf: Step = (state, read) =>
      state.consents[consent] === undefined ? [] : found(state, read)
    const says = `disconnected by consent ${consent}`
    return inTurn(about(span, consent), says, foundIf, revoked)
  },

  notDisconnected(span: Span, consent: number): Operations {
    const missed: Step = (state) => {
      const isThere = state.consents[consent] !== undefined && !isEnding(state, consent)
      return isThere ? [] : [{ state: withoutConsent(state, consent) }]
    }
    return inTurn(about(span, consent), `not disconnected by consent ${consent}`, missed)
  },

  /** @param isNew whether this call disabled it; its consents are revoked in any case */
  disabled: (span: Span, isNew: boolean): Operations =>
    inTurn(
      span,
      `disabled: ${isNew}`,
      (state) =>
        state.isEnabled === isNew ? [{ state: { ...state, isEnabled: false } }] : [],
      ...allRevoked(),
    ),

  /** What was left of its consents is revoked before. */
  enabled(span: Span, isNew: boolean): Operations {
    // Another call may have enabled it since it was found disabled: what is left is revoked all the same.
    if (!isNew) {
      const found: Step = (state) => [{ state, read: state.isEnabled ? FAILED : 0 }]
      const revoked = allRevoked().map(
        (step): Step =>
          (state, read) =>
            read === FAILED ? [{ state }] : step(state, read),
      )
      return inTurn(span, 'enabled: false', found, ...revoked, isEnabled)
    }
    const enable: Step = (state) =>
      state.isEnabled ? [] : [{ state: { ...state, isEnabled: true } }]
    return inTurn(span, 'enabled: true', isDisabled, ...allRevoked(), enable)
  },

  /** First the user, then the sessions, of whatever epoch. */
  passwordChanged(span: Span): Operations {
    const [found, revoked] = allRevoked()
    return inTurn(
      span,
      'password changed',
      changing((state) => ({ ...state, epoch: state.epoch + 1 })),
      found,
      (state, read) => revoked({ ...state, browsers: {} }, read),
    )
  },
}

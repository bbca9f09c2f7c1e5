import type { Identity, LibrarySchemeDeps } from '../authentication/scheme.ts'
import {
  proofIn,
  requireProof,
  type SignInProof,
  type StepUp,
} from '../authentication/step-up.ts'
import { isTokenUser } from '../authentication/token-user.ts'
import type { Clock } from '../base/clock.ts'
import { AuthError } from '../base/errors.ts'
import { listOf } from '../base/optional.ts'
import type { SessionId } from '../sessions/session.ts'

/** Checks how the user of a request signed in. */
export interface StepUpCheck {
  readonly required: StepUp
  /** @throws AuthError `insufficient_user_authentication`; `not_authenticated` if the request is anonymous */
  require(identity: Identity<unknown> | undefined): Promise<void>
}

export const stepUpCheck = (
  required: StepUp,
  deps: Pick<LibrarySchemeDeps, 'sessions'>,
  clock: Clock,
): StepUpCheck => ({
  required,
  async require(identity) {
    if (identity === undefined) throw new AuthError('not_authenticated')
    requireProof(await proofOf(identity, deps), required, clock())
  },
})

/** The proof is the identity's if its scheme gives one; else that of the session's row, or of the token if only the token names the user. */
async function proofOf(
  identity: Identity<unknown>,
  { sessions }: Pick<LibrarySchemeDeps, 'sessions'>,
): Promise<SignInProof> {
  const { authTime, amr, user, token, sessionId } = identity
  if (authTime !== undefined || amr !== undefined) return { authTime, amr }
  if (sessions === undefined || sessionId === undefined || isTokenUser(user))
    return token === undefined ? {} : proofIn(token)
  return (await sessions.find(sessionId as SessionId))?.session ?? {}
}

/** What a route requires of the sign-in, in words. */
export const stepUpNames = ({
  fresh,
  amr,
  acr,
}: Partial<StepUp> = {}): readonly string[] => [
  ...listOf(fresh).map((seconds) => `signed in within ${seconds} seconds`),
  ...listOf(amr).map((methods) => `signed in with ${methods.join(' or ')}`),
  ...listOf(acr).map((level) => `signed in at the level ${level}`),
]

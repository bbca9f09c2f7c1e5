import { hideToken } from './address-bar.ts'
import { errorOfAnswer, sessionOf } from './answer.ts'
import { call } from './call.ts'
import type { Core } from './core.ts'
import { AuthError } from './error.ts'
import { show, startEpoch, userIn } from './session.ts'
import { jobOf, sendSignOut, startTurn } from './sign-out.ts'
import type { Session } from './stored-state.ts'
import type { Credentials } from './types.ts'

export async function signIn<U>(core: Core<U>, credentials: Credentials): Promise<U> {
  hideToken(core.platform, credentials.token)
  return (await signInAt(core, addressOf(core, credentials), credentials)) as U
}

function addressOf<U>({ settings, signInAddress }: Core<U>, credentials: object): string {
  const { tokens, accounts } = settings
  if ('ticket' in credentials) return `${accounts}/second-factor/`
  if ('password' in credentials) return signInAddress ?? `${tokens}/`
  return `${accounts}/code/redeem/`
}

export async function signInAt<U>(
  core: Core<U>,
  address: string,
  body: object,
  isSignUp?: boolean,
): Promise<U | undefined> {
  const mine = startTurn(core)
  const isCurrent = () => mine === core.turn
  const answer = await call(core, address, { body, stop: mine }).catch((error) => {
    if (isCurrent() || core.isClosed) throw error
    throw new AuthError('superseded')
  })
  if (answer.status >= 300) throw errorOfAnswer(answer, 'invalid_credentials')
  if (isSignUp && !('access' in answer.body)) return undefined
  const next = sessionOf(core, answer)
  if (isCurrent()) await replaceSession(core, next)
  else revoke(core, next)
  const user = userIn(core)
  if (user && isCurrent()) return user
  throw new AuthError('superseded')
}

async function replaceSession<U>(core: Core<U>, next: Session): Promise<void> {
  const { session, cookies, unsent } = core
  startEpoch(core)
  if (session) revoke(core, session)
  if (cookies) unsent.clear()
  show(core, next, 'signedIn')
  core.post?.('in', next)
  await core.keep?.(next)
}

/** A browser has one session of cookies: the next has replaced it. */
function revoke<U>(core: Core<U>, session: Session): void {
  if (!core.cookies) void sendSignOut(core, jobOf(core, session))
}

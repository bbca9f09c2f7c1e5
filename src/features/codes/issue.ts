import { after, type Seconds, seconds, type UnixSeconds } from '../../base/clock.ts'
import { hexId } from '../../base/random.ts'
import { currentContext } from '../../base/request-context.ts'
import { networkOf } from '../../http/client-address.ts'
import type { Core } from '../core.ts'
import type { CodeForm, CodeId, CodePayload, CodeUser } from './code.ts'
import { digitsDigest, linkDigest, randomDigits, randomLink } from './digest.ts'
import { codeOptions } from './options.ts'
import { CODE_LIFETIMES, type CodePurpose, DIGITS_LIFETIME } from './purposes.ts'
import { codeStore } from './sql.ts'

export interface NewCode {
  readonly purpose: CodePurpose
  /** `link`: 43 characters of base64url, also for tickets and challenges. `digits`: as many as `codes.digits` says. */
  readonly form: CodeForm
  /**
   * The address or number in normal form, or what else the code is for. The code supersedes the former one of the same purpose
   * and target; without a target, none. Digits need one.
   */
  readonly target?: string
  /** Without one the code stays valid when accounts change. */
  readonly user?: CodeUser | undefined
  /** Returned when the code is redeemed. No secret. */
  readonly payload?: CodePayload
  /** What must be presented with the code, such as the value of a cookie: another browser cannot redeem it (O5). */
  readonly binding?: string | undefined
  /** Default: that of the purpose; of digits, 10 minutes at most. */
  readonly lifetime?: Seconds
  /** How often a link can be checked, as a ticket is for each second factor. Default: unlimited; digits: `codes.attempts`. */
  readonly attempts?: number
}

export interface IssuedCode {
  /** The link's value, or the digits. Only this call returns it. */
  readonly secret: string
  readonly expiresAt: UnixSeconds
}

type IssueDeps = Pick<
  Core,
  'clock' | 'random' | 'audit' | 'derivedKeys' | 'ports' | 'section'
>

/**
 * Issues a one-time code. It is not limited: call `limitCodeRequests` first if it is sent out.
 *
 * To not reveal whether an account exists, call it for an unknown address too, without `user`, and send nothing: the work is the
 * same now, and so is that of wrong guesses later. If the user has changed since it was read, the code is void.
 */
export async function issueCode(input: NewCode, deps: IssueDeps): Promise<IssuedCode> {
  const { purpose, form, user, payload = {} } = input
  const { clock, random, audit, ports, section } = deps
  const id = hexId(random) as CodeId
  const target = input.target ?? id
  const now = clock()
  const expiresAt = after(now, input.lifetime ?? lifetimeOf(purpose, form))
  const digitsAttempts = form === 'digits' ? section(codeOptions).attempts : undefined
  const { secret, digest } = newSecret({ ...input, target }, deps)
  const isIssued = await ports(codeStore).codes.issue({
    id,
    purpose,
    form,
    target,
    user,
    digest,
    payload,
    attempts: 0,
    maxAttempts: input.attempts ?? digitsAttempts,
    createdAt: now,
    expiresAt,
    redeemedAt: undefined,
  })
  if (isIssued && user !== undefined)
    audit.recordLimited(networkOf(currentContext()?.address ?? ''), {
      kind: 'code_issued',
      userId: user.id,
      detail: { purpose },
    })
  return { secret, expiresAt }
}

const lifetimeOf = (purpose: CodePurpose, form: CodeForm): Seconds => {
  const lifetime = CODE_LIFETIMES[purpose]
  if (form === 'link') return lifetime
  return seconds(Math.min(lifetime, DIGITS_LIFETIME))
}

function newSecret(
  { purpose, form, target, binding }: NewCode & { readonly target: string },
  { random, derivedKeys, section }: IssueDeps,
) {
  if (form === 'link') {
    const secret = randomLink(random)
    return { secret, digest: linkDigest(secret, binding) }
  }
  const digits = randomDigits(section(codeOptions).digits, random)
  const [key] = derivedKeys('codes')
  const digest = digitsDigest({ purpose, target, binding, digits }, key!)
  return { secret: digits, digest }
}

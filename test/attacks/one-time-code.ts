import type { UnixSeconds } from '../../src/base/clock.ts'
import { systemRandom } from '../../src/base/random.ts'
import type { CodePurpose } from '../../src/features/codes/purposes.ts'
import type { CredentialId } from '../../src/features/second-factors/credential.ts'
import { beginTotp } from '../../src/features/second-factors/factors.ts'
import { credentialStore } from '../../src/features/second-factors/sql.ts'
import { testInstance } from '../../src/testing/index.ts'
import type { StoredUser } from '../../src/users/user.ts'
import { accountsIn } from '../accounts/open.ts'
import type { Attack, MailedCode, TotpCode } from './corpus.ts'
import type { Verdict } from './verdict.ts'

/** Asks for a reset as a person who writes another's address a little differently: a mail goes to the stored address or nowhere. */
export async function judgeResetMail(attack: Attack<'reset_mail'>): Promise<Verdict> {
  const { id, kind, reason, expect, stored, presented } = attack
  await using app = testInstance({ url: 'https://app.example.com', accounts: true })
  await app.auth.users.create({ username: 'mike', email: stored })
  const asked = [presented, stored]
  for (const email of asked)
    await app.auth.handler(post('/auth/password/reset/', { email }))
  const mails = (await app.mail()).map(({ to }) => to)
  const isSafe = mails.length === 1 && mails[0] === stored
  const isRight = isSafe === (expect === 'reject')
  return { id, kind, reason, faults: isRight ? [] : [`mails: ${mails.join(', ')}`] }
}

const post = (path: string, body: object): Request =>
  new Request(`http://localhost${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

export async function judgeOtp(attack: Attack<'otp'>): Promise<Verdict> {
  const { id, kind, reason, expect } = attack
  const { status } = await answerTo(attack)
  const because = await reasonToAccept(attack, status)
  const isRefused = status === 400 || status === 429 || because !== undefined
  const isRight = expect === 'accept' ? status === 200 && !because : isRefused
  const faults = isRight ? [] : [`is answered ${status}`]
  return { id, kind, reason, faults, ...(because !== undefined && { because }) }
}

const answerTo = (attack: Attack<'otp'>): Promise<Response> =>
  attack.type === 'mailed' ? redeemMailed(attack) : useTotp(attack)

const LENIENT =
  'a number is taken as its text, and white space at the ends of a one-time password is removed before it is compared and recorded'

/** The text that a value stands for must get the same answer. */
async function reasonToAccept(
  attack: Attack<'otp'>,
  status: number,
): Promise<string | undefined> {
  const { code } = attack
  const plain = typeof code === 'number' ? String(code) : String(code).trim()
  if (status !== 200 || plain === code || typeof code === 'object') return undefined
  const { ok } = await answerTo({ ...attack, code: plain })
  return ok ? LENIENT : undefined
}

const ADDRESS = 'ada@example.org'
const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
const NO_CODE = '999999'

/** Draws the digits of a code that is given, and everything else from the system. */
const drawing = (digits: string) => (bytes: number) => {
  if (bytes !== 4) return systemRandom(bytes)
  const drawn = Buffer.alloc(4)
  drawn.writeUInt32BE(Number(digits))
  return drawn
}

async function redeemMailed(attack: MailedCode): Promise<Response> {
  const { code, issuedCode, age, failures = 0, maxFailures = 5 } = attack
  const app = await accountsIn({ codes: { attempts: maxFailures } })
  try {
    const other = await app.auth.users.create({
      username: 'bob',
      email: 'bob@example.org',
    })
    const ada = await app.auth.users.create({ username: 'ada', email: ADDRESS })
    const user = (attack.otherAccount === true ? other : ada) as StoredUser
    const purpose: CodePurpose = attack.otherPurpose === true ? 'change_email' : 'sign_in'
    const issue = (digits: string) =>
      app.issue(
        {
          purpose,
          form: 'digits',
          target: user.email ?? '',
          user,
          payload: { email: user.email },
        },
        drawing(digits),
      )
    const redeem = (given: unknown) =>
      app.post('/auth/code/redeem/', { email: ADDRESS, code: given })
    await issue(issuedCode)
    if (attack.superseded === true) await issue('123456')
    if (attack.used === true) await redeem(issuedCode)
    for (let n = 0; n < failures; n++) await redeem(NO_CODE)
    app.clock.advance(age)
    return await redeem(code)
  } finally {
    await app.auth.close()
  }
}

async function useTotp(attack: TotpCode): Promise<Response> {
  const { code, secretAscii, clock, usedSteps = [], failures = 0 } = attack
  const now = clock as UnixSeconds
  const app = await accountsIn({ secondFactors: true, clock: () => now })
  try {
    const ada = await app.auth.users.create({ username: 'ada', password: PASSWORD })
    const { core, post } = app
    const random = (bytes: number) =>
      bytes === secretAscii.length ? Buffer.from(secretAscii) : systemRandom(bytes)
    const { id } = await beginTotp(ada as StoredUser, 'phone', { ...core, random })
    const { credentials } = core.ports(credentialStore)
    await credentials.confirm(id as CredentialId, { counter: -1, now }, false)
    for (const step of usedSteps) await credentials.advance(id as CredentialId, step, now)
    const stopped = await post('/api/token/', { username: 'ada', password: PASSWORD })
    const { ticket } = (await stopped.json()) as { readonly ticket: string }
    const present = (given: unknown) =>
      post('/auth/second-factor/', { ticket, code: given })
    for (let n = 0; n < failures; n++) await present(NO_CODE)
    return await present(code)
  } finally {
    await app.auth.close()
  }
}

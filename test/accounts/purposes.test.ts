import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CODE_LIFETIMES, type CodePurpose } from '../../src/features/codes/purposes.ts'
import { openAccounts } from './open.ts'

const EMAIL = 'ada@example.org'
const NEW = 'w2pd-x9kc-qhr4-7mzt'
const PURPOSES = Object.keys(CODE_LIFETIMES) as CodePurpose[]

interface Route {
  readonly purpose: CodePurpose
  readonly path: string
  /** Further fields. */
  readonly fields?: object
  /** The field that a link is sent in. Default `token`. */
  readonly field?: string
  readonly onlyLinks?: true
  /** A code of its purpose is refused, too: it needs what this test does not make. */
  readonly needsMore?: true
}

/** Every route that a code can be redeemed at. */
const ROUTES: readonly Route[] = [
  { purpose: 'reset_password', path: '/auth/password/reset/check/' },
  {
    purpose: 'reset_password',
    path: '/auth/password/reset/confirm/',
    fields: { new_password: NEW },
  },
  { purpose: 'verify_email', path: '/auth/users/confirm/' },
  {
    purpose: 'change_email',
    path: '/auth/me/email/confirm/',
    onlyLinks: true,
    needsMore: true,
  },
  {
    purpose: 'undo_change_email',
    path: '/auth/me/email/undo/',
    onlyLinks: true,
    needsMore: true,
  },
  { purpose: 'sign_in', path: '/auth/code/redeem/' },
  {
    purpose: 'second_factor',
    path: '/auth/second-factor/',
    field: 'ticket',
    fields: { code: '123456' },
    onlyLinks: true,
    needsMore: true,
  },
]

for (const {
  purpose,
  path,
  field = 'token',
  fields = {},
  onlyLinks,
  needsMore,
} of ROUTES)
  test(`${path} accepts codes for ${purpose}, and of no other purpose (UM-08)`, async (t) => {
    const { auth, issue, post } = await openAccounts(t, {
      secondFactors: true,
      codes: { wrongPerTarget: null },
    })
    const user = await auth.users.create({ username: 'ada', email: EMAIL })
    const stored = { id: user.id as never, epoch: 0, active: true, email: EMAIL }
    for (const each of PURPOSES)
      for (const form of ['link', 'digits'] as const) {
        if (form === 'digits' && onlyLinks) continue
        const { secret } = await issue({
          purpose: each,
          form,
          target: EMAIL,
          user: stored,
          payload: { email: EMAIL },
        })
        const proof =
          form === 'link' ? { [field]: secret } : { email: EMAIL, code: secret }
        if (each === purpose) continue
        const response = await post(path, { ...proof, ...fields })
        assert.deepEqual(
          [response.status, await response.json()],
          [400, { detail: 'The code is invalid or has expired.', code: 'invalid_code' }],
          `${each}, ${form}`,
        )
      }
    if (needsMore) return
    const { secret } = await issue({
      purpose,
      form: 'link',
      target: EMAIL,
      user: stored,
      payload: { email: EMAIL },
    })
    const { ok } = await post(path, { [field]: secret, ...fields })
    assert.ok(ok)
  })

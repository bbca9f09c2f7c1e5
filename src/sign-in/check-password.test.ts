import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openUsers } from '../../test/users/setup.ts'
import type { AuthRequest } from '../http/request.ts'
import type { Passwords } from '../passwords/passwords.ts'
import {
  type CheckPasswordDeps,
  type PasswordCheckSettings,
  passwordCheck,
} from './check-password.ts'

/** The clients in whose name requests from these addresses wait for a hash. */
async function waitingClients(addresses: readonly string[]): Promise<Set<string>> {
  await using users = await openUsers()
  const clients = new Set<string>()
  const verify: Passwords['verify'] = async (_, __, client = 'none') => {
    clients.add(client)
    throw new Error('not hashed')
  }
  const deps = { ...users, passwords: { ...users.passwords, verify } }
  const settings = {
    users: { loginField: 'username', trimPassword: 'both' },
    tokens: {},
    addressOf: ({ address }: AuthRequest) => address,
  }
  const check = passwordCheck(settings as PasswordCheckSettings)
  for (const address of addresses) {
    const request = { address } as AuthRequest
    const checked = check('ada', 'wrong', request, deps as unknown as CheckPasswordDeps)
    await assert.rejects(checked, /not hashed/)
  }
  return clients
}

test('a site with 64 networks of IPv6 waits for hashes as one client', async () => {
  const ofOneSite = Array.from(
    { length: 64 },
    (_, i) => `2001:db8:1:${i.toString(16)}::9`,
  )
  assert.equal((await waitingClients(ofOneSite)).size, 1)
  assert.equal((await waitingClients([...ofOneSite, '2001:db8:2::9'])).size, 2)
})

test('each IPv4 address waits for hashes as a client of its own', async () => {
  assert.equal((await waitingClients(['192.0.2.1', '192.0.2.2'])).size, 2)
})

import { testInstance } from '../../src/testing/index.ts'
import { emailFault } from '../../src/users/email.ts'
import type { Attack } from './corpus.ts'
import { outcomeFaults, outcomeOfAsync, type Verdict } from './verdict.ts'

export function judgeEmail({
  id,
  kind,
  reason,
  expect,
  address,
}: Attack<'email'>): Verdict {
  const isTaken = emailFault(address) === undefined
  return {
    id,
    kind,
    reason,
    faults:
      isTaken === (expect === 'accept') ? [] : [isTaken ? 'is taken' : 'is refused'],
  }
}

/** Registers two names, one after the other. */
export async function judgeSameName(attack: Attack<'same_name'>): Promise<Verdict> {
  const { id, kind, reason, first, second } = attack
  await using instance = testInstance()
  const { users } = instance.auth
  await users.create({ username: first })
  const outcome = await outcomeOfAsync(() => users.create({ username: second }))
  return { id, kind, reason, faults: outcomeFaults(outcome, attack) }
}

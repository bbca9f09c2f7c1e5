import { emailFault } from '../../src/users/email.ts'
import { type Watchword, watchword } from '../../src/watchword.ts'
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
  const auth: Watchword = watchword({
    database: 'sqlite::memory:',
    secret: 'a secret of the attacks, and long enough',
    log() {},
  })
  try {
    await auth.users.create({ username: first })
    const outcome = await outcomeOfAsync(() => auth.users.create({ username: second }))
    return { id, kind, reason, faults: outcomeFaults(outcome, attack) }
  } finally {
    await auth.close()
  }
}

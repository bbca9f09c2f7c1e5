import assert from 'node:assert/strict'
import type { StoreVerb, TestInstance } from '../../src/testing/index.ts'
import { sqliteStore } from '../stores/open.ts'

/** Every function of the store, those of features included, but the one that never fails. */
export const VERBS = Object.entries(sqliteStore({ file: ':memory:' }).ports)
  .flatMap(([port, verbs]) => Object.keys(verbs).map((verb) => `${port}.${verb}`))
  .filter((verb) => verb !== 'users.version') as StoreVerb[]

/**
 * Sends a request while each function of the store fails that it calls, if only because another one fails; then while all others fail,
 * which must not matter.
 *
 * @param prepare makes a request that is accepted if nothing fails
 * @param check what must hold of each answer
 * @returns the functions without which the answer is 503: any other error is a fault
 */
export async function neededVerbs<Answer extends { readonly status: number }>(
  { faults }: Pick<TestInstance, 'faults'>,
  prepare: () => Promise<() => Promise<Answer>>,
  check: (answer: Answer, verb: StoreVerb | undefined) => void = () => undefined,
): Promise<readonly string[]> {
  const called = new Set<StoreVerb>()
  const isUnavailable = async (...verbs: readonly StoreVerb[]): Promise<boolean> => {
    const send = await prepare()
    faults.clear()
    faults.fail(...verbs)
    const answer = await send()
    for (const verb of faults.called) called.add(verb)
    faults.clear()
    check(answer, verbs[0])
    if (answer.status < 400) return false
    assert.equal(answer.status, 503, verbs.join())
    return true
  }

  assert.equal(await isUnavailable(), false, 'the request is accepted if nothing fails')
  const needed: string[] = []
  // What a failure makes the library call is added to the set during the loop.
  for (const verb of called) if (await isUnavailable(verb)) needed.push(verb)
  const others = VERBS.filter((verb) => !called.has(verb))
  assert.equal(await isUnavailable(...others), false, 'others than those that are called')
  return needed
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CASES, type Case } from './oracle/cases.ts'
import { Conversation } from './oracle/conversation.ts'
import { ours, theirs } from './oracle/sides.ts'

/** A case to which the two providers give different answers. */
interface Difference {
  readonly case: string
  readonly ours: string
  readonly theirs: string
  readonly reason: string
}

const FILE = new URL('oracle/differences.json', import.meta.url)
const EXPECTED: readonly Difference[] = JSON.parse(readFileSync(FILE, 'utf8'))

test('oidc-provider with the same configuration gives the same answers, but for the listed differences', async (t) => {
  const sides = { ours: await ours(t), theirs: await theirs(t) }
  const conversations = {
    ours: new Conversation(sides.ours),
    theirs: new Conversation(sides.theirs),
  }
  const found: Omit<Difference, 'reason'>[] = []
  for (const [name, play] of Object.entries<Case>(CASES)) {
    const [our, their] = await Promise.all([
      play(conversations.ours),
      play(conversations.theirs),
    ])
    if (our !== their) found.push({ case: name, ours: our, theirs: their })
  }
  assert.ok(EXPECTED.every(({ reason }) => reason.length > 10))
  const expected = EXPECTED.map(({ reason: _, ...difference }) => difference)
  assert.deepEqual(found, expected)
})

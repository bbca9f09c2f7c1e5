import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openInstance } from '../../src/instance/instance.ts'
import type { Options } from '../../src/settings/options.ts'
import { parseSettings } from '../../src/settings/settings.ts'
import { refreshPair } from '../../src/tokens/pairs.ts'
import type { TokenDeps } from '../../src/tokens/token-settings.ts'
import { SECRET } from './setup.ts'

type Step = 'rotate' | 'sign' | 'signRefresh'

/** Dependencies that record what is called. */
function recording(deps: TokenDeps): TokenDeps & { readonly steps: readonly Step[] } {
  const steps: Step[] = []
  const recorded =
    <Args extends readonly unknown[], Result>(
      step: Step,
      work: (...args: Args) => Result,
    ) =>
    (...args: Args): Result => {
      steps.push(step)
      return work(...args)
    }
  assert.ok(deps.sessions)
  const { rotate } = deps.sessions
  return {
    ...deps,
    steps,
    sign: recorded('sign', deps.sign),
    signRefresh: recorded('signRefresh', deps.signRefresh),
    sessions: { ...deps.sessions, rotate: recorded('rotate', rotate) },
  }
}

const CASES: readonly (readonly [string, NonNullable<Options['tokens']>])[] = [
  ['by default', {}],
  ['with own claims', { claims: () => ({ plan: 'pro' }) }],
  ['with own claims that are copied', { claims: () => ({ plan: 1 }), copyClaims: true }],
  ['if tokens name users by name', { userIdField: 'username' }],
]

for (const [name, tokens] of CASES) {
  test(`${name} a refresh signs each token once, after the session was advanced`, async (t) => {
    const settings = parseSettings(
      { database: 'sqlite::memory:', secret: SECRET, log: () => {}, tokens },
      {},
    )
    const { core, deps, close } = await openInstance(settings)
    t.after(close)
    const { id } = await deps.createUser('ada')
    const account = await deps.users.find('id', id)
    assert.ok(account)
    const byProgram = { methods: [], request: undefined }
    const { refresh } = await core.completeSignIn(account, byProgram)

    const recorded = recording(deps)
    await refreshPair(refresh, recorded)
    assert.deepEqual(recorded.steps, ['rotate', 'sign', 'signRefresh'])
  })
}

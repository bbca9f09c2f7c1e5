import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreed, socialApp } from './setup.ts'

for (const fault of ['silent', 'half'] as const)
  test(`a provider whose answer is ${fault} is a 503 within five seconds (SO-07)`, async () => {
    await using app = await socialApp()
    const { proof, cookie } = await agreed(app, { sub: 's-1' })
    app.provider.faults.set('/token', (response) => {
      if (fault === 'half') response.writeHead(200).write('{')
    })

    const start = performance.now()
    const answer = await app.signIn(proof, { cookie })

    assert.equal(answer.status, 503)
    assert.equal(answer.body.code, 'temporarily_unavailable')
    assert.ok(performance.now() - start < 5000)
  })

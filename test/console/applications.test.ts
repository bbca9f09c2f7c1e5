import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sessionTable } from '../../src/features/console/pages/session-table.ts'
import type { StoredSession } from '../../src/sessions/session.ts'

/** What a table uses of a visit by staff who may only look. */
const VISIT = { now: 100, can: () => false, core: { sessions: undefined } } as never

const SESSION = { id: 's', createdAt: 1, expiresAt: 200, idleExpiresAt: 200 }

test('the session of an application is shown as a connected application, and its id is text', () => {
  const rows = [
    { ...SESSION, clientId: '<b>notes</b>' },
    { ...SESSION, clientId: undefined },
  ] as unknown as StoredSession[]
  const words = { names: new Map(), places: new Map() }
  const canRevoke = () => false
  const shown = { words, hasUsers: false, caption: 'Sessions', action: '/', canRevoke }
  const text = String(sessionTable(VISIT, rows, shown))
  assert.equal(text.match(/connected application/g)?.length, 1)
  assert.match(text, /connected application &lt;b&gt;notes/)
})

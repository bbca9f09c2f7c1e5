import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DEVICE_GRANT } from '../../src/features/oauth/client.ts'
import type { OAuthOptions } from '../../src/features/oauth/options.ts'
import { userOf } from './consent.ts'
import { type Application, signIn } from './pairwise.ts'
import { claimsOf, provider } from './setup.ts'

const AT = 'https://agent.example/cb'
const SECTOR = 'https://group.example/sector.json'

const AGENT = {
  client_name: 'Agent',
  redirect_uris: [AT],
  grant_types: ['authorization_code', 'refresh_token'],
  subject_type: 'pairwise',
}

/** Applications register themselves; these documents are at the addresses of sectors. */
function registering(
  t: TestContext,
  documents: Record<string, unknown> = {},
  more: OAuthOptions = {},
) {
  const fetched: string[] = []
  const app = provider(t, {
    oauth: {
      scopes: { 'posts:read': 'Read your posts' },
      registration: 'open',
      registrationScopes: ['posts:read'],
      async fetchSector(address) {
        fetched.push(address)
        if (documents[address] === undefined) throw new Error('no such document')
        return documents[address]
      },
      ...more,
    },
  })
  const call = async (method: string, path: string, body: object, token = '') => {
    const answer = await app.send(method, path, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { ...answer, body: answer.body as Record<string, unknown> }
  }
  return {
    ...app,
    documents,
    fetched,
    call,
    register: (more: object = {}) =>
      call('POST', '/oauth/register', { ...AGENT, ...more }),
  }
}

const clientIn = (body: Record<string, unknown>, redirect = AT): Application => ({
  id: String(body.client_id),
  secret: String(body.client_secret ?? ''),
  redirect,
})

const subOf = (token: string): string => String(claimsOf(token).sub)

test('an application registers as pairwise, and gets names of its own sector', async (t) => {
  const app = registering(t)
  const { status, body } = await app.register()
  assert.equal(status, 201)
  assert.equal(body.subject_type, 'pairwise')
  assert.equal(body.sector_identifier_uri, undefined)
  assert.deepEqual(app.fetched, [])
  const user = await userOf(app)
  assert.match(subOf((await signIn(user, clientIn(body))).id), /^pairwise_/)
})

test('the document of a sector must list all redirect URIs', async (t) => {
  const listed = [AT, 'https://other.example/cb', 'https://more.example/']
  const app = registering(t, { [SECTOR]: listed })
  const asked = { redirect_uris: listed.slice(0, 2), sector_identifier_uri: SECTOR }
  const { status, body } = await app.register(asked)
  assert.equal(status, 201)
  assert.equal(body.sector_identifier_uri, SECTOR)
  assert.deepEqual(app.fetched, [SECTOR])
  const refused = async (more: object) => {
    const answer = await app.register({ ...asked, ...more })
    assert.equal(answer.status, 400, JSON.stringify(more))
    return [answer.body.error, answer.body.error_description]
  }
  const wrong = [AT, 'https://not-listed.example/cb']
  const [error, description] = await refused({ redirect_uris: wrong })
  assert.equal(error, 'invalid_client_metadata')
  assert.match(String(description), /a JSON list with all redirect_uris/)
  for (const document of [[AT], { redirect_uris: listed }, 'x', null, {}, [[AT]]]) {
    app.documents[SECTOR] = document
    assert.equal((await refused({}))[0], 'invalid_client_metadata')
  }
  const unknown = { sector_identifier_uri: 'https://group.example/none' }
  assert.match(String((await refused(unknown))[1]), /cannot be fetched/)
})

test('what does not prove a sector is refused before anything is fetched', async (t) => {
  const app = registering(t, { [SECTOR]: [AT, 'http://127.0.0.1/cb', 'com.example:/cb'] })
  const cases: object[] = [
    { subject_type: 'ephemeral' },
    { subject_type: 5 },
    { sector_identifier_uri: 'http://group.example/x' },
    { sector_identifier_uri: 'https://u@group.example/x' },
    { sector_identifier_uri: 5 },
    { redirect_uris: [AT, 'https://other.example/cb'] },
    { redirect_uris: [AT, 'http://127.0.0.1/cb'] },
    { redirect_uris: [AT, 'com.example.agent:/cb'] },
    { redirect_uris: ['http://127.0.0.1/cb'], sector_identifier_uri: SECTOR },
    { redirect_uris: ['com.example:/cb'], sector_identifier_uri: SECTOR },
    { grant_types: ['authorization_code', DEVICE_GRANT] },
    { grant_types: [DEVICE_GRANT], redirect_uris: [], sector_identifier_uri: SECTOR },
  ]
  for (const each of cases) {
    const { status, body } = await app.register(each)
    assert.equal(status, 400, JSON.stringify(each))
    assert.equal(body.error, 'invalid_client_metadata', JSON.stringify(each))
  }
  assert.deepEqual(app.fetched, [])
  const device = { grant_types: [DEVICE_GRANT], redirect_uris: [] }
  assert.equal((await app.register(device)).status, 201)
})

test('the operator decides which types applications may register', async (t) => {
  const types = { registrationSubjectTypes: ['pairwise'] } as const
  const strict = registering(t, {}, types)
  const unasked = await strict.register({ subject_type: undefined })
  assert.equal(unasked.body.subject_type, 'pairwise')
  const refused = await strict.register({ subject_type: 'public' })
  assert.equal(refused.body.error, 'invalid_client_metadata')
  assert.match(String(refused.body.error_description), /subject_type must be pairwise/)

  const open = registering(t)
  const usual = await open.register({ subject_type: undefined })
  assert.equal(usual.body.subject_type, 'public')
  const byDefault = registering(t, {}, { subjectType: 'pairwise' })
  const named = await byDefault.register({ subject_type: undefined })
  assert.equal(named.body.subject_type, 'pairwise')
  assert.equal((await byDefault.register({ subject_type: 'public' })).status, 201)
})

test('an application that moves to the sector of another one gets nothing for its former tokens', async (t) => {
  const app = registering(t)
  const user = await userOf(app)
  const victim = clientIn((await app.register({ client_name: 'Victim' })).body)
  const known = subOf((await signIn(user, victim)).id)

  const at = 'https://evil.example/cb'
  const { body } = await app.register({ redirect_uris: [at] })
  const evil = clientIn(body, at)
  const tokens = await signIn(user, evil)
  assert.notEqual(subOf(tokens.id), known)
  const token = String(body.registration_access_token)
  const moved = { ...AGENT, client_id: evil.id, redirect_uris: [AT] }
  const answer = await app.call('PUT', `/oauth/register/${evil.id}`, moved, token)
  assert.equal(answer.status, 200, answer.text)
  const refreshed = await user.refresh(evil, tokens.refresh)
  assert.equal(refreshed.body.error, 'invalid_grant')
})

test('a change of the registration fetches the sector, and is refused if it is not listed', async (t) => {
  const app = registering(t, { [SECTOR]: ['https://other.example/cb'] })
  const { body } = await app.register()
  const token = String(body.registration_access_token)
  const path = `/oauth/register/${body.client_id}`
  const change = (more: object) =>
    app.call('PUT', path, { ...AGENT, client_id: body.client_id, ...more }, token)
  const refused = await change({ sector_identifier_uri: SECTOR })
  assert.equal(refused.body.error, 'invalid_client_metadata')
  app.documents[SECTOR] = [AT]
  const changed = await change({ sector_identifier_uri: SECTOR })
  assert.equal(changed.status, 200, changed.text)
  const stored = await app.auth.clients.find(String(body.client_id))
  assert.equal(stored?.sectorIdentifierUri, SECTOR)
  for (let i = 0; i < 20; i++) await change({ sector_identifier_uri: SECTOR })
  assert.equal((await change({ sector_identifier_uri: SECTOR })).status, 429)
  assert.equal(app.fetched.length, 20)
})

test('without the option only https and public addresses are fetched', async (t) => {
  const app = registering(t, {}, { fetchSector: undefined } as never)
  for (const host of ['127.0.0.1', '10.0.0.1', '[::1]', 'localhost']) {
    const asked = { sector_identifier_uri: `https://${host}/sector.json` }
    const { status, body } = await app.register(asked)
    assert.equal(status, 400)
    assert.match(String(body.error_description), /cannot be fetched/)
  }
  assert.match(JSON.stringify(app.log), /not on a public address/)
})

test('the document of an application may say that it is pairwise', async (t) => {
  const id = 'https://agent.example/client.json'
  const document = { ...AGENT, client_id: id, sector_identifier_uri: SECTOR }
  const clientDocuments = async () => document
  const app = registering(t, { [SECTOR]: [AT] }, { clientDocuments })
  const user = await userOf(app)
  const answer = await user.agree({ id }, { redirect_uri: AT })
  const fields = { code: answer.get('code') ?? '', client_id: id, redirect_uri: AT }
  const { body, text } = await user.exchange({ id, secret: '' }, fields)
  assert.match(subOf(String(body.id_token)), /^pairwise_/, text)
  assert.deepEqual(app.fetched, [SECTOR])
})

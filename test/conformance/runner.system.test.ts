import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { pbkdf2Sync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Case, JsonObject, Step } from './recording.ts'

const RUN = join(import.meta.dirname, 'run.ts')

interface Report {
  readonly passed: number
  readonly failed: number
  /** Both outputs, and the exit code. */
  readonly text: string
}

/** Replays conversations from a file, with configurations beside it. */
function replay(
  t: TestContext,
  cases: readonly Case[],
  configs: object = {},
): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'watchword-recordings-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'own.jsonl')
  writeFileSync(file, cases.map((each) => `${JSON.stringify(each)}\n`).join(''))
  writeFileSync(join(folder, 'configs.json'), JSON.stringify(configs))
  return new Promise((resolve) =>
    execFile(process.execPath, [RUN, file], (error, out, err) => {
      const text = `${out}${err}exit code ${error?.code ?? 0}`
      const [, passed, failed] = /(\d+) passed, (\d+) failed/.exec(text) ?? []
      resolve({ passed: Number(passed), failed: Number(failed), text })
    }),
  )
}

const json: readonly (readonly [string, string])[] = [
  ['Content-Type', 'application/json'],
]

const signIn = (username: string, password: string): Step => ({
  op: 'request',
  method: 'POST',
  path: '/api/token/',
  headers: json,
  body: JSON.stringify({ username, password }),
  expect: 200,
  capture: { access: 'access' },
})

const set = (values: JsonObject): Step => ({ op: 'user', name: 'alice', set: values })

const ALICE = signIn('alice', 'Wonder-Land-42')

/** Who signs in is shown so. */
function whoAmI(id: string, steps: readonly Step[], user: JsonObject): Case {
  const body = {
    authenticated: true,
    id: '1',
    username: 'alice',
    is_active: true,
    is_staff: false,
    is_superuser: false,
    by: 'JWTAuthentication',
    ...user,
  }
  return {
    id,
    config: 'own',
    steps,
    request: {
      method: 'GET',
      path: '/whoami/',
      headers: [['Authorization', 'Bearer {{access}}']],
    },
    response: {
      status: 200,
      headers: {
        allow: 'GET, HEAD, OPTIONS',
        'content-length': String(JSON.stringify(body).length),
      },
      body,
    },
  }
}

/** A note is sent, and is answered so. */
const note = (
  id: string,
  steps: readonly Step[],
  body: string,
  response: { readonly status: number; readonly body: JsonObject },
  request: { readonly method: string; readonly path: string } = {
    method: 'POST',
    path: '/perm/notes/',
  },
): Case => ({
  id,
  config: 'own',
  steps: [...steps, ALICE],
  request: {
    ...request,
    headers: [...json, ['Authorization', 'Bearer {{access}}']],
    body,
  },
  response: {
    status: response.status,
    headers: {
      allow:
        request.method === 'POST'
          ? 'GET, POST, HEAD, OPTIONS'
          : 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS',
      'content-length': String(JSON.stringify(response.body).length),
    },
    body: response.body,
    ...(response.status === 201 && { effects: { notes: 1 } }),
  },
})

const mayWrite = set({ groups: ['editors'] })
const missing = { title: ['This field is required.'] }

test('every member of the step "user" is set, in a configuration beside the file', async (t) => {
  const digest = pbkdf2Sync('Another-Hash-9', 'salt', 1000, 32, 'sha256')
  const hash = `pbkdf2_sha256$1000$salt$${digest.toString('base64')}`
  const { text, ...counts } = await replay(
    t,
    [
      whoAmI('staff', [set({ is_staff: true, is_superuser: true }), ALICE], {
        is_staff: true,
        is_superuser: true,
      }),
      whoAmI('name', [set({ username: 'alicia' }), signIn('alicia', 'Wonder-Land-42')], {
        username: 'alicia',
      }),
      whoAmI(
        'hash',
        [set({ password_hash: hash }), signIn('alice', 'Another-Hash-9')],
        {},
      ),
      note('group', [mayWrite], '{"title":"third"}', {
        status: 201,
        body: { id: 3, title: 'third' },
      }),
      note(
        'permission',
        [set({ permissions: ['oracle.add_note'] })],
        '{"title":"third"}',
        { status: 201, body: { id: 3, title: 'third' } },
      ),
    ],
    { own: {} },
  )

  assert.deepEqual(counts, { passed: 5, failed: 0 }, text)
})

const hello: Case = {
  id: 'hello',
  config: 'own',
  request: { method: 'GET', path: '/hello/none/' },
  response: { status: 401 },
}

test('a case of which any part is unknown fails, and the part is named', async (t) => {
  const parts: { readonly [id: string]: object } = {
    'the member phone of a user': { steps: [set({ phone: '1' })] },
    'the user nobody': { steps: [{ op: 'delete_user', name: 'nobody' }] },
    'the step "rest"': { steps: [{ op: 'rest', seconds: 5 }] },
    'the step "mail"': { steps: [{ op: 'mail', pattern: 'a', as: [] }] },
    'steps.0.unit': { steps: [{ op: 'sleep', seconds: 5, unit: 'h' }] },
    'the encoding utf-16 of headers': {
      request: { ...hello.request, header_charset: 'utf-16' },
    },
    'request.charset': { request: { ...hello.request, charset: 'latin-1' } },
    'the variable token': { request: { ...hello.request, path: '/{{token}}/' } },
    'response.page': { response: { status: 401, page: {} } },
    'the configuration lost': { config: 'lost' },
    'REST_KNOX: {}': { config: 'unnamed' },
    'REST_KNOX.TOKEN_MODEL: "a.Token"': { config: 'knox' },
    'NEIGHBOURS.other: true': { config: 'other' },
    'the algorithm "RS512"': { steps: [{ op: 'mint', as: 'a', alg: 'RS512' }] },
    'the way of tampering "up"': {
      steps: [{ op: 'tamper', from: 'access', as: 'access', how: 'up' }],
    },
  }
  const cases = Object.entries(parts).map(([id, part]) => ({ ...hello, id, ...part }))
  cases.at(-1)!.steps = [ALICE, ...(cases.at(-1)!.steps ?? [])]

  const { text, ...counts } = await replay(t, cases, {
    own: {},
    unnamed: { REST_KNOX: {} },
    knox: { NEIGHBOURS: ['knox'], REST_KNOX: { TOKEN_MODEL: 'a.Token' } },
    other: { NEIGHBOURS: ['other'] },
  })

  assert.deepEqual(counts, { passed: 0, failed: cases.length }, text)
  for (const { id } of cases)
    assert.ok(
      text.includes(`FAILED ${id} (`) && text.includes(`cannot be played: ${id}`),
      text,
    )
})

test('a conversation of a feature that does not exist is printed by name as pending', async (t) => {
  const request = { method: 'GET', path: '/auth/webauthn/login/' }
  const { text, ...counts } = await replay(t, [{ ...hello, id: 'mine', request }], {})

  assert.match(text, /^pending mine: webauthn of Djoser$/m)
  assert.deepEqual(counts, { passed: 0, failed: 0 }, text)
})

test('a note that is no object, or has no title, is answered as Django REST framework does', async (t) => {
  const list = {
    non_field_errors: ['Invalid data. Expected a dictionary, but got list.'],
  }
  const { text, ...counts } = await replay(
    t,
    [
      note('list', [mayWrite], '[1,2]', { status: 400, body: list }),
      note('untitled', [mayWrite], '{"text":"x"}', { status: 400, body: missing }),
      note(
        'put',
        [mayWrite],
        '{}',
        { status: 400, body: missing },
        {
          method: 'PUT',
          path: '/perm/notes/1/',
        },
      ),
      note(
        'patch',
        [mayWrite],
        '{}',
        { status: 200, body: { id: 1, title: 'first' } },
        {
          method: 'PATCH',
          path: '/perm/notes/1/',
        },
      ),
    ],
    { own: {} },
  )

  assert.deepEqual(counts, { passed: 4, failed: 0 }, text)
})

test('a file without conversations, or with a line that is no case, is an error', async (t) => {
  const empty = await replay(t, [])
  assert.match(empty.text, /^no conversation to replay: .*own\.jsonl\nexit code 1$/)

  const odd = await replay(t, [hello, 'a text' as never])
  assert.match(odd.text, /own\.jsonl:2 is no case with an id\nexit code 1$/)
})

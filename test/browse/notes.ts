import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import express from 'express'
import * as z from 'zod/mini'
import { type Guard, mount } from '../../src/adapters/express.ts'
import { allowAny, denied, type Permission } from '../../src/permissions/index.ts'
import { type TestOptions, testInstance } from '../../src/testing/index.ts'
import type { User } from '../../src/users/user.ts'

export const PASSWORD = 'qhr4-7mzt-w2pd-x9kc'
export const SECRET = 'k9J2-vw81-Zpq0-77xY-mmT4-aaB3-Ld0e'

/** Texts that a page must not take for markup, code or an address (BR-95, BR-96). */
export const ATTACKS = [
  '<script>window.attacked=1</script>',
  '<img src=x onerror="window.attacked=1">',
  '</pre><script>window.attacked=1</script>',
  '&lt;b&gt;',
  'javascript:window.attacked=1',
  'data:text/html,<script>window.attacked=1</script>',
  '"><svg onload="window.attacked=1">',
  'http://a@b.example/',
  '//evil.example/',
  '/\\evil.example/',
  'java\nscript:window.attacked=1',
  `https://evil.example/${'a'.repeat(8_000)}`,
  '\u202egnp.exe',
] as const

const never: Permission<unknown, unknown> = () => denied('never')

/** An application with routes of every kind, on a port of its own. */
export async function notesApp(t: TestContext, options: TestOptions = {}) {
  const instance = testInstance({
    secret: SECRET,
    browsableApi: true,
    roles: { editor: ['notes.change'] },
    throttle: { sip: '2/min', login: null },
    ...options,
  })
  const { auth } = instance
  await auth.users.create({
    username: 'ada',
    password: PASSWORD,
    staff: true,
    roles: ['editor'],
  })
  await auth.users.create({ username: 'bob', password: PASSWORD })
  const ina = await auth.users.create({ username: 'ina', password: PASSWORD })
  await auth.users.change(ina.id, { active: false })
  const app = express()
  const seen: string[] = []
  const guard = mount(app, auth, { browsable: true })
  app.use((req, _, next) => {
    seen.push(`${req.method} ${req.url}`)
    next()
  })
  app.use(express.json(), express.text())
  const description = 'The notes of the user who is signed in.\nNewest first.'
  app.get(
    '/notes/',
    guard(
      {
        describe: {
          summary: 'Notes',
          description,
          query: z.object({ page: z.optional(z.string()) }),
        },
      },
      (req, res) => {
        const page = Number(req.query.page ?? 1)
        res.json({
          count: 25,
          next: `/notes/?page=${page + 1}`,
          previous: null,
          results: [{ url: '/notes/1', title: 'One', big: 1 }],
        })
      },
    ),
  )
  const NewNote = z.object({
    title: z.string().check(z.maxLength(200)),
    public: z.optional(z.boolean()),
    tags: z.optional(z.array(z.string())),
    stars: z.optional(z.int()),
  })
  app.post(
    '/notes/',
    guard({ describe: { summary: 'Write a note', body: NewNote } }, (req, res) => {
      const { title } = req.body as { title?: string }
      if (!title) return void res.status(400).json({ title: ['This field is required.'] })
      res.status(201).location('/notes/2').json({ written: req.body })
    }),
  )
  app.get(
    '/notes/:id',
    guard({ describe: { summary: 'A note' } }, (req, res) => {
      res.json({ id: req.params.id, title: 'Analytical engine', public: false })
    }),
  )
  app.put(
    '/notes/:id',
    guard({ permissions: 'notes.change', describe: { body: NewNote } }, (req, res) => {
      res.json({ changed: req.body })
    }),
  )
  app.delete(
    '/notes/:id',
    guard((_, res) => void res.status(204).end()),
  )
  app.get(
    '/never/',
    guard(never, (_, res) => void res.json({})),
  )
  app.get(
    '/sips/',
    guard({ throttle: ['sip'] }, (_, res) => void res.json({ sip: true })),
  )
  const open = { permissions: allowAny }
  app.get(
    '/open/',
    guard(open, (_, res) => void res.json({ open: true })),
  )
  app.get(
    '/moved/',
    guard(open, (_, res) => res.redirect('/open/')),
  )
  app.get(
    '/away/',
    guard(open, (_, res) => res.redirect('http://127.0.0.1:9/')),
  )
  app.get(
    '/empty/',
    guard(open, (_, res) => void res.status(204).end()),
  )
  app.get(
    '/file/',
    guard(open, (_, res) => void res.type('pdf').send('%PDF-1.7')),
  )
  app.get(
    '/numbers/',
    guard(open, (_, res) => {
      res.type('json').send('{"a":12345678901234567890,"b":1.0,"c":-0,"d":1e400,"a":2}')
    }),
  )
  app.get(
    '/broken/',
    guard(open, (_, res) => void res.type('json').send('{"a":NaN}')),
  )
  app.get(
    '/boom/',
    guard(open, (_, res) => {
      res.status(500).type('html').send('<h1>Oops</h1><script>window.attacked=1</script>')
    }),
  )
  app.get(
    '/large/',
    guard(open, (_, res) => void res.json(large(1_000_000))),
  )
  app.get(
    '/attacks/',
    guard({ ...open, describe: { description: ATTACKS.join('\n') } }, (_, res) => {
      res.setHeader('X-Attack', ATTACKS[1])
      res.json(Object.fromEntries(ATTACKS.map((each) => [each, each])))
    }),
  )
  app.get(
    '/stream/',
    guard(open, async (_, res) => {
      res.type('text/event-stream').write('data: one\n\n')
      setTimeout(() => res.write('data: two\n\n'), 300)
    }),
  )
  app.get(
    '/danger/',
    guard({ ...open, confirm: true }, (_, res) => void res.json({ done: true })),
  )
  const shapes = '/shapes/'
  app.get(
    shapes,
    guard(open, (_, res) => void res.json({ title: 'Old', public: true })),
  )
  const Old = z.object({ title: z.string(), public: z.optional(z.boolean()) })
  app.patch(
    shapes,
    guard({ ...open, describe: { body: Old } }, (req, res) => {
      res.json({ patched: JSON.stringify(req.body) })
    }),
  )
  const file = { type: 'string', format: 'binary' }
  const WithFile = { type: 'object', properties: { file }, required: ['file'] }
  app.post(
    shapes,
    guard({ ...open, describe: { body: WithFile } }, (req, res) => {
      res.json({ type: req.headers['content-type'] })
    }),
  )
  const many = Array.from({ length: 500 }, (_, i) => [`f${i}`, { $ref: '#' }])
  const Many = { type: 'object', properties: Object.fromEntries(many) }
  app.put(
    shapes,
    guard({ ...open, describe: { body: Many } }, (_, res) => void res.json({})),
  )
  app.get(
    '/plain/',
    guard({ browsable: false }, (_, res) => void res.json({})),
  )
  addAnswers(app, guard)
  app.get('/framed/', (_, res) => {
    res.type('html').send('<!doctype html><title>t</title><iframe src="/open/"></iframe>')
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.close().closeAllConnections()
    await auth.close()
  })
  const url = `http://localhost:${(server.address() as AddressInfo).port}`
  return { url, instance, auth, seen }
}

/** Routes whose answers browsers treat in their own ways. */
function addAnswers(app: express.Express, guard: Guard<User, string>): void {
  const open = { permissions: allowAny }
  const answers = (path: string, answer: (res: express.Response) => unknown): void => {
    app.get(
      path,
      guard(open, (_, res) => void answer(res)),
    )
  }
  answers('/headers/', (res) =>
    res
      .append('Set-Cookie', ['a=1', 'b=2'])
      .append('X-Two', ['one', 'two'])
      .json({ ok: true }),
  )
  answers('/huge/', (res) => res.type('text').send(Buffer.alloc(52_428_800, 'x')))
  answers('/unchanged/', (res) => res.status(304).end())
  answers('/latin/', (res) =>
    res.setHeader('content-type', 'text/plain; charset=iso-8859-1').end(LATIN),
  )
  answers('/surrogates/', (res) => res.type('json').end(SURROGATES))
  answers('/linked/', (res) =>
    res
      .setHeader('Link', '</linked/?page=2>; rel="next", </linked/>; rel="prev"')
      .json([1]),
  )
  answers('/kept/', (res) =>
    res.setHeader('Cache-Control', 'public, max-age=60').json({}),
  )
  const types = ['application/json', 'text/plain']
  app.post(
    '/open/',
    guard({ ...open, describe: { types } }, (req, res) => {
      res.json({ type: req.headers['content-type'], body: req.body })
    }),
  )
  const choices = Array.from({ length: 5_000 }, (_, i) => `author-${i}`)
  const author = { type: 'string', enum: choices }
  const body = { type: 'object', properties: { author, book: { type: 'integer' } } }
  app.post(
    '/linked/',
    guard({ ...open, describe: { body } }, (req, res) => void res.json(req.body)),
  )
  app.get(
    '/evil/',
    (_, res) => void res.type('html').send('<!doctype html><title>e</title>'),
  )
}

const LATIN = Buffer.from('Gr\u00fc\u00dfe', 'latin1')
/** A lone surrogate as an escape, and one in bytes that are not UTF-8. */
const SURROGATES = Buffer.concat([
  Buffer.from('{"escaped":"\\ud800","bytes":"'),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('"}'),
])

/** A value whose JSON has about so many bytes. */
const large = (bytes: number): object => ({
  a: 1,
  b: Array.from({ length: bytes / 100 }, (_, i) => ({ id: i, text: 'x'.repeat(75) })),
})

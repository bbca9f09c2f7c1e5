/**
 * The script of the browsable API's pages. What comes from answers reaches the page as text and properties alone (rule SR-01):
 * nothing here parses markup.
 */
const page = JSON.parse(document.body.dataset.page)
const MEBIBYTE = 1048576
const here = new URL(location.href)
here.hash = ''
for (const value of ['api', 'html'])
  if (here.searchParams.get('format') === value) here.searchParams.delete('format')

// Elements. Children are nodes or text; members are properties, or attributes with a dash or in `ATTRIBUTES`.

const ATTRIBUTES = ['for', 'role', 'autocomplete', 'datetime', 'class', 'list', 'pattern']

function el(name, members, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(members ?? {})) {
    if (value === undefined || value === false) continue
    if (key.includes('-') || ATTRIBUTES.includes(key)) element.setAttribute(key, value)
    else element[key] = value
  }
  element.append(
    ...children.flat().filter((child) => child !== undefined && child !== false),
  )
  return element
}

const byId = (id) => document.getElementById(id)
const show = (id, ...children) => {
  const element = byId(id)
  element.replaceChildren(...children.flat().filter(Boolean))
  element.hidden = element.childNodes.length === 0
  // A class that sets `display` would show an empty box.
  element.className = element.hidden ? '' : (element.dataset.shown ?? '')
  return element
}
const button = (text, onclick, kind = 'small') =>
  el('button', { type: 'button', class: `btn ${kind}`, onclick }, text)
const notice = (kind, ...children) =>
  el(
    'div',
    { class: `notice ${kind}`, role: kind === 'bad' ? 'alert' : 'status' },
    el('p', {}, ...children),
  )

/** Control characters and direction marks, which would change how the text beside them reads, are shown as escapes. */
const visible = (text) =>
  text.replace(
    /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** An address as a link, if it is one of http or https (rule SR-06). */
function linked(text, shown = text) {
  const address = addressIn(text)
  if (address === undefined) return visible(shown)
  const inside = address.origin === location.origin
  const away = inside ? {} : { target: '_blank', rel: 'noopener noreferrer nofollow' }
  return el('a', { href: address.href, ...away }, visible(shown))
}

function addressIn(text) {
  if (text.length > 2048 || /[\0-\x20\x7f-\xa0\u2028\u2029\\]/.test(text))
    return undefined
  if (!/^(https?:\/\/[^/?#@]+([/?#]|$)|\/(?!\/))/i.test(text)) return undefined
  const address = URL.parse(text, location.origin)
  if (address === null || address.username !== '' || address.password !== '')
    return undefined
  return address.protocol === 'http:' || address.protocol === 'https:'
    ? address
    : undefined
}

// JSON, with each value as it was sent: `JSON.parse` rounds numbers and drops repeated names.

const TOKEN =
  /\s*(?:([{}[\],:])|("(?:[^"\\\0-\x1f]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b))/y
const DEEPEST = 200

/** @returns `{ type, text }`, or `{ type: 'array' | 'object', entries }`; throws if the text is not JSON */
function parseJson(text) {
  TOKEN.lastIndex = 0
  const next = () => {
    const match = TOKEN.exec(text)
    if (match === null) throw new SyntaxError('not JSON')
    return match
  }
  const value = (match, depth) => {
    if (depth > DEEPEST) throw new SyntaxError('too deep')
    const [, mark, string, scalar] = match
    if (string !== undefined)
      return { type: 'string', text: string, value: JSON.parse(string) }
    if (scalar !== undefined) return { type: 'scalar', text: scalar }
    if (mark === '[' || mark === '{') return container(mark, depth)
    throw new SyntaxError('not JSON')
  }
  const container = (open, depth) => {
    const [type, close] = open === '[' ? ['array', ']'] : ['object', '}']
    const entries = []
    let match = next()
    if (match[1] === close) return { type, entries }
    for (;;) {
      let name
      if (type === 'object') {
        if (match[2] === undefined) throw new SyntaxError('not JSON')
        name = match[2]
        if (next()[1] !== ':') throw new SyntaxError('not JSON')
        match = next()
      }
      entries.push({ name, value: value(match, depth + 1) })
      const end = next()[1]
      if (end === close) return { type, entries }
      if (end !== ',') throw new SyntaxError('not JSON')
      match = next()
    }
  }
  const root = value(next(), 0)
  if (!/^\s*$/.test(text.slice(TOKEN.lastIndex))) throw new SyntaxError('not JSON')
  return root
}

const FIRST = 100

/** Adds a value to `out`; what does not fit into the first lines is folded behind a button. */
function showJson(out, node, indent, budget, masked) {
  if (node.type === 'string') {
    const text = masked ? '"…"' : node.text
    out.append(el('span', { class: 's' }, masked ? text : linked(node.value, text)))
  } else if (node.type === 'scalar') out.append(el('span', { class: 'n' }, node.text))
  else showContainer(out, node, indent, budget)
}

function showContainer(out, node, indent, budget) {
  const [open, close] = node.type === 'array' ? '[]' : '{}'
  if (node.entries.length === 0) return out.append(open + close)
  if (budget.lines <= 0 && indent !== '')
    return out.append(open, folded(node, indent, 0), close)
  out.append(open)
  showEntries(out, node, `${indent}  `, budget, 0)
  out.append(`\n${indent}${close}`)
}

function showEntries(out, node, indent, budget, from) {
  const { entries, type } = node
  entries.slice(from, from + FIRST).forEach(({ name, value }, i) => {
    budget.lines -= 1
    out.append(`\n${indent}`)
    if (type === 'object') out.append(el('span', { class: 'k' }, visible(name)), ': ')
    showJson(out, value, indent, budget, isSecret(name, value))
    if (isSecret(name, value)) out.append(...secretButtons(name, value, out.lastChild))
    if (from + i + 1 < entries.length) out.append(',')
  })
  const rest = entries.length - from - FIRST
  if (rest > 0) out.append(`\n${indent}`, folded(node, indent, from + FIRST))
}

function folded(node, indent, from) {
  const count = node.entries.length - from
  const fold = button(`… ${count} ${from > 0 ? 'more' : 'entries'}`, () => {
    const part = el('span', {})
    const depth = from > 0 ? indent : `${indent}  `
    showEntries(part, node, depth, { lines: 200 }, from)
    if (from === 0) part.append(`\n${indent}`)
    fold.replaceWith(part)
  })
  return fold
}

/** Tokens in the answers of the endpoints that issue them are masked. */
const isSecret = (name, { type, value }) =>
  type === 'string' &&
  ['"access"', '"refresh"', '"token"'].includes(name) &&
  /^[\w.=-]{20,}$/.test(value)

const secretButtons = (name, { text }, shown) => [
  ' ',
  button('Show', ({ target }) => {
    shown.replaceChildren(text)
    target.remove()
  }),
  ...(name === '"access"' && tokens !== undefined
    ? [' ', button('Use for this page', useTokens)]
    : []),
]

/** Signs in with the tokens of the answer that is shown. */
function useTokens() {
  const { access, refresh } = current.value
  hold({ access, refresh })
  return describe()
}

// Signing in. Tokens are kept as the page's `keep` says, and never written into the document. The client of `watchword/client` does more
// than the page needs: with its 10 kB the script would be larger than 15 kB, compressed.

const KEY = 'watchword.browse'
const { tokens, session, apiTokens, loginField } = page.signIn
const channel =
  typeof BroadcastChannel === 'function' ? new BroadcastChannel(KEY) : undefined
const absolute = (path) => new URL(path, location.href).href

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {}
  } catch {
    return {}
  }
}

/** `{ access, refresh, csrf, header }`: `header` is a pasted credential. */
let held = tokens?.keep === 'tab' ? stored() : {}

function hold(next) {
  held = next
  if (tokens?.keep !== 'tab') return
  try {
    if (next.access === undefined) sessionStorage.removeItem(KEY)
    else
      sessionStorage.setItem(
        KEY,
        JSON.stringify({ access: next.access, refresh: next.refresh }),
      )
  } catch {
    // Storage may be off: the tokens stay in memory.
  }
}

channel?.addEventListener('message', async () => {
  // A tab that was opened from this one may have a session of its own.
  if (held.refresh !== undefined) await endSession()
  hold({})
  run()
})

const cookieNamed = (name) =>
  name === undefined
    ? undefined
    : document.cookie
        .split('; ')
        .map((each) => each.split('='))
        .find(([key]) => key.replace(/^__(Host|Secure)-/, '') === name)?.[1]

const csrfToken = () =>
  held.csrf ?? cookieNamed(session?.csrf) ?? cookieNamed(tokens?.csrf)

/** The headers of a request. Credentials go to the page's origin alone, and no request goes elsewhere. */
function headersFor(method, more) {
  const headers = new Headers({
    Accept: 'application/json',
    'Watchword-Explain': '1',
    ...more,
  })
  if (held.header !== undefined) headers.set('Authorization', held.header)
  else if (held.access !== undefined)
    headers.set('Authorization', `${tokens.word} ${held.access}`)
  const csrf = csrfToken()
  if (csrf !== undefined && !['GET', 'HEAD', 'OPTIONS'].includes(method))
    headers.set('X-CSRFToken', csrf)
  return headers
}

const postJson = (path, body) =>
  fetch(absolute(path), {
    method: 'POST',
    headers: {
      ...Object.fromEntries(headersFor('POST')),
      'Content-Type': 'application/json',
      'Watchword-Page': 'browse',
    },
    body: JSON.stringify(body),
  })

let refreshing

/** One refresh at a time. @returns whether there are new tokens */
function refreshed() {
  refreshing ??= refresh().finally(() => {
    refreshing = undefined
  })
  return refreshing
}

async function refresh() {
  const isCookie = tokens?.keep === 'cookie'
  if (tokens?.refresh === undefined || (held.refresh === undefined && !isCookie))
    return false
  const { access, ...rest } = held
  held = rest
  const answer = await postJson(
    tokens.refresh,
    isCookie ? {} : { refresh: held.refresh },
  ).catch(() => undefined)
  if (answer?.ok) {
    const body = await answer.json()
    hold({
      ...held,
      access: body.access,
      refresh: body.refresh ?? held.refresh,
      csrf: body.csrfToken ?? held.csrf,
    })
    return true
  }
  // Only a verdict ends the sign-in: a lost answer or a 503 does not.
  if (answer?.status === 401 || answer?.status === 400) hold({})
  else held.access = access
  return false
}

/** Sends a request, once again with new tokens if the access token had expired. */
async function send({ method, url, headers = {}, body, redirect = 'manual', signal }) {
  if (new URL(url, location.href).origin !== location.origin)
    throw new Error('Another origin.')
  const request = () =>
    fetch(url, {
      method,
      headers: headersFor(method, headers),
      body,
      redirect,
      signal,
      credentials: 'same-origin',
      cache: 'no-store',
    })
  if (isEnding() && (await refreshed())) return request()
  const answer = await request()
  if (answer.status !== 401 || held.header !== undefined) return answer
  return (await refreshed()) ? request() : answer
}

const isEnding = () =>
  held.access !== undefined && (claims().exp ?? Infinity) * 1000 < Date.now()

function claims() {
  try {
    const [, payload] = held.access.split('.')
    return JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return {}
  }
}

async function signIn(name, password) {
  return signInAt(tokens?.obtain ?? session.signIn, { [loginField]: name, password })
}

/** @returns `{}` if it signs in, `{ ticket }` if a second factor is asked for, or `{ problem }` */
async function signInAt(path, fields) {
  const answer = await postJson(path, fields)
  const body = await answer.json().catch(() => ({}))
  if (body.code === 'mfa_required' && tokens?.secondFactor !== undefined)
    return { ticket: body.ticket, methods: body.methods ?? [] }
  if (!answer.ok) return { problem: await faultOf(answer, body) }
  if (tokens?.keep === 'cookie' || tokens === undefined) hold({ csrf: body.csrfToken })
  else hold({ access: body.access, refresh: body.refresh })
  return {}
}

/** A form that asks for the code of an app, or a recovery code. */
function codeForm({ ticket }) {
  const code = el('input', {
    id: 'code',
    type: 'text',
    required: true,
    autocomplete: 'one-time-code',
  })
  const fault = el('div', {})
  const hint = 'Of the authenticator app, or a recovery code.'
  const row = el('div', { class: 'row' }, el('button', { class: 'btn main' }, 'Sign in'))
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    fault,
    field('code', code, hint),
    row,
  )
  return submitting(form, async () => {
    const { problem } = await signInAt(tokens.secondFactor, {
      ticket,
      code: code.value,
    }).catch(lost)
    if (problem === undefined) return run()
    fault.replaceChildren(notice('bad', visible(problem)))
    code.select()
  })
}

const lost = () => ({ problem: 'The server cannot be reached. Try again.' })

async function faultOf(answer, body) {
  const retry = answer.headers.get('Retry-After')
  const text = Object.values(body)
    .flat()
    .find((each) => typeof each === 'string')
  return `${answer.status}: ${text ?? 'The sign-in failed.'}${retry === null ? '' : ` Try again in ${retry} seconds.`}`
}

async function signOut() {
  await endSession()
  channel?.postMessage('signed out')
  run()
}

/** The server ends the session; this tab forgets it in any case. */
async function endSession() {
  const { refresh, header } = held
  const path = tokens?.signOut ?? session?.signOut
  if (path !== undefined && header === undefined)
    await postJson(path, refresh === undefined ? {} : { refresh }).catch(() => undefined)
  hold({})
}

// What the page shows.

let route

/** Asks for the resource and for what this user may do with the route. */
async function run() {
  const get = { method: 'GET', url: here.href }
  await describe()
  if (page.index) return showSignIn(false)
  // The server has sent the answer within the page.
  if (page.rendered) {
    page.rendered = false
    return
  }
  if (route?.methods.find(({ method }) => method === 'GET')?.confirm || page.confirm) {
    show(
      'response',
      notice('warn', 'This GET may change something. '),
      button('Send GET', () => exchange(get), 'main'),
    )
    return
  }
  if (answersGet()) await exchange(get, true)
  else showSignIn(route?.principal === undefined)
}

/** Methods are unknown until the route has described itself to some adapters. */
const answersGet = () => page.methods.includes('GET') || page.methods.length === 0

async function describe() {
  const answer = await send({
    method: 'GET',
    url: here.href,
    headers: { Accept: page.routeType },
  }).catch(() => undefined)
  route = answer?.ok ? await answer.json().catch(() => undefined) : undefined
  showWho()
  if (page.index) return
  showNeeds()
  showMethods()
  if (route !== undefined) showForms(undefined)
}

let current
let abort

/** Sends a request and shows its answer. @param isFirst the one that the address stands for */
async function exchange(request, isFirst = false) {
  abort?.abort()
  abort = new AbortController()
  const started = performance.now()
  show('response', el('p', { class: 'hint' }, `${request.method} …`))
  try {
    const answer = await send({ ...request, signal: abort.signal })
    await showAnswer(request, answer, performance.now() - started)
    await showWhy(answer)
    // The credentials of before are not accepted any more.
    if (answer.status === 401 && route?.principal !== undefined) await describe()
    // A list of schemes that begins with a cookie's answers 403 (RFC 9110 §15.5.2).
    showSignIn(answer.status === 401 || answer.status === 403)
    if (isFirst && answer.ok && current?.value !== undefined) showForms(current.value)
    return answer
  } catch (error) {
    if (error.name === 'AbortError') return undefined
    show(
      'response',
      requestLine(request),
      notice(
        'bad',
        'The request failed. Either the server cannot be reached, or the answer is a redirect to another origin, which this page does not follow.',
      ),
    )
    return undefined
  }
}

const requestLine = ({ method, url }) => {
  const { pathname, search } = new URL(url, location.href)
  return el(
    'p',
    {},
    el('span', { class: 'verb' }, method),
    ' ',
    el('code', {}, visible(pathname + search)),
  )
}

async function showAnswer(request, answer, time) {
  current = undefined
  const head = el('pre', { tabIndex: 0 })
  const message = el('div', { class: 'message' }, requestLine(request), head)
  if (answer.type === 'opaqueredirect') {
    head.append(
      el('b', {}, 'A redirect'),
      '\nThe browser hides its status and its target from the page.',
    )
    const follow = button('Follow', () => exchange({ ...request, redirect: 'follow' }))
    return void show(
      'response',
      message,
      el('div', { class: 'row' }, follow),
      copies(request),
    )
  }
  head.append(el('b', {}, visible(`${answer.status} ${answer.statusText}`)), '\n')
  for (const [name, value] of answer.headers)
    head.append(`${visible(name)}: `, ...headerValue(name, value), '\n')
  head.append(
    el(
      'span',
      { class: 'hint' },
      `${Math.round(time)} ms. The browser hides Set-Cookie.`,
    ),
    '\n\n',
  )
  if (answer.redirected) head.append('Final address: ', linked(answer.url), '\n\n')
  show(
    'response',
    message,
    el('div', { class: 'row', id: 'tools' }),
    el('div', { id: 'pages' }),
    copies(request),
  )
  await showBody(head, answer, request)
  showPages(answer)
}

function headerValue(name, value) {
  if (name === 'watchword-explanation') return ['(below)']
  if (name === 'location') return [linked(value)]
  return [visible(value)]
}

const textual = (type) =>
  /^text\/|[/+](json|xml|yaml|javascript|x-ndjson|x-www-form-urlencoded)\b/i.test(type)

async function showBody(out, answer, request) {
  const type = answer.headers.get('Content-Type') ?? ''
  if (/^text\/event-stream\b/i.test(type)) return showStream(out, answer)
  if (!textual(type) && type !== '') return showFile(out, answer, request, type)
  const { text, isComplete } = await read(answer)
  if (text === '') return out.append(el('span', { class: 'hint' }, 'No body.'))
  if (!isComplete) {
    out.append(visible(text))
    byId('tools').append(
      `The first 1 MB of ${answer.headers.get('Content-Length') ?? 'more'} bytes. `,
      saveButton(request),
    )
    return
  }
  if (/[/+]json\b/i.test(type)) return showJsonText(out, text)
  out.append(visible(text))
}

function showJsonText(out, text) {
  try {
    const node = parseJson(text)
    showJson(out, node, '', { lines: 300 }, false)
    current = { value: parsedOrNone(text) }
  } catch {
    byId('tools').append(el('span', { class: 'tag warn' }, 'not valid JSON'))
    out.append(visible(text))
  }
}

function parsedOrNone(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Reads up to 1 MB; the rest is not loaded. */
async function read({ body, headers }) {
  if (body === null) return { text: '', isComplete: true }
  const charset =
    /charset="?([\w-]+)/i.exec(headers.get('Content-Type') ?? '')?.[1] ?? 'utf-8'
  const decoder = decoderOf(charset)
  const reader = body.getReader()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), isComplete: true }
    size += value.length
    text += decoder.decode(value, { stream: true })
    if (size > 2 * MEBIBYTE) {
      void reader.cancel()
      return { text: text.slice(0, MEBIBYTE), isComplete: false }
    }
  }
}

function decoderOf(charset) {
  try {
    return new TextDecoder(charset, { ignoreBOM: true })
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true })
  }
}

async function showStream(out, { body }) {
  const { signal } = abort
  const stop = button('Stop', () => abort.abort())
  byId('tools').append(stop)
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  const events = document.createTextNode('')
  out.append(events)
  const pump = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      events.data = (events.data + visible(value)).slice(-MEBIBYTE)
    }
  }
  pump()
    .catch(() => undefined)
    .finally(() => stop.replaceWith(el('span', { class: 'tag' }, 'ended')))
}

/** Nothing of a file is executed or shown in the page. */
async function showFile(out, answer, request, type) {
  const length = answer.headers.get('Content-Length')
  void answer.body?.cancel()
  out.append(visible(`${type}, ${length === null ? 'size unknown' : `${length} bytes`}`))
  byId('tools').append(saveButton(request))
}

const saveButton = (request) =>
  button('Save', async () => {
    const answer = await send({ ...request, redirect: 'follow' })
    const href = URL.createObjectURL(await answer.blob())
    const name = here.pathname.split('/').filter(Boolean).at(-1) ?? 'answer'
    el('a', { href, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(href), 10000)
  })

function showPages(answer) {
  const { next, previous } = linksOf(answer)
  const link = (text, address, rel) => {
    const to = typeof address === 'string' ? addressIn(address) : undefined
    if (to === undefined || to.origin !== location.origin) return undefined
    return el('a', { class: 'btn small', href: to.href, rel }, text)
  }
  const links = [link('Previous', previous, 'prev'), link('Next', next, 'next')].filter(
    Boolean,
  )
  if (links.length === 0) return
  const count = current?.value?.count
  const total = typeof count === 'number' ? el('span', {}, `${count} in all`) : undefined
  byId('pages').append(
    el('nav', { class: 'row', 'aria-label': 'Pages' }, total, ...links),
  )
}

function linksOf(answer) {
  const { next, previous } = Object(current?.value)
  if (typeof next === 'string' || typeof previous === 'string') return { next, previous }
  const links = {}
  for (const [, address, rel] of (answer.headers.get('Link') ?? '').matchAll(
    /<([^<>]*)>[^,<]*\brel="?(\w+)/g,
  ))
    links[rel] = URL.parse(address, location.href)?.href
  return { next: links.next, previous: links.prev ?? links.previous }
}

// Who is signed in, and how to be.

function showWho() {
  const { principal } = route ?? {}
  // A route without schemes does not say who asks.
  if (principal === undefined && route !== undefined && held.access !== undefined)
    return show('who', el('span', {}, 'Signed in'), button('Sign out', signOut))
  if (principal === undefined) {
    const open = button(
      'Sign in',
      () => {
        showSignIn(true)
        byId('login')?.focus()
      },
      'small main',
    )
    return show('who', el('span', {}, 'Not signed in'), canSignIn && open)
  }
  const { user, scheme, session: id, scopes, expiresAt } = principal
  const details = [
    scheme,
    id && `session ${id}`,
    scopes.length > 0 && `scopes ${scopes.join(' ')}`,
  ]
  const hint = el(
    'span',
    { class: 'hint' },
    details.filter(Boolean).map(visible).join(' · '),
  )
  if (expiresAt !== undefined) hint.append(' · ', countdown(expiresAt))
  show('who', el('span', {}, visible(user.label), ' ', hint), button('Sign out', signOut))
}

let ticking

function countdown(expiresAt) {
  const time = el('time', { datetime: new Date(expiresAt * 1000).toISOString() })
  const tick = () => {
    const left = Math.round(expiresAt - Date.now() / 1000)
    const text = left >= 120 ? `${Math.floor(left / 60)} min` : `${left} s`
    time.textContent = left > 0 ? `expires in ${text}` : 'expired'
  }
  tick()
  clearInterval(ticking)
  ticking = setInterval(tick, 1000)
  return time
}

const canSignIn = tokens !== undefined || session !== undefined || apiTokens

function showSignIn(isOpen) {
  if (!isOpen || !canSignIn || route?.principal !== undefined) return void show('in')
  const byName = tokens !== undefined || session !== undefined
  show(
    'in',
    el('h2', { id: 'in-h' }, 'Sign in to try this API'),
    byName && signInForm(),
    tokenForm(),
  )
}

function signInForm() {
  const login = el('input', {
    id: 'login',
    required: true,
    autocomplete: 'username',
    autocapitalize: 'none',
    spellcheck: false,
    type: loginField === 'email' ? 'email' : 'text',
  })
  const password = el('input', {
    id: 'password',
    type: 'password',
    required: true,
    autocomplete: 'current-password',
  })
  const fault = el('div', {})
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    fault,
    field(loginField, login),
    field('password', password),
    el('div', { class: 'row' }, el('button', { class: 'btn main' }, 'Sign in')),
  )
  return submitting(form, async () => {
    const { problem, ticket } = await signIn(login.value, password.value).catch(lost)
    password.value = ''
    if (ticket !== undefined) {
      form.replaceWith(codeForm({ ticket }))
      return byId('code').focus()
    }
    if (problem === undefined) return run()
    fault.replaceChildren(notice('bad', visible(problem)))
    password.focus()
  })
}

const field = (label, input, hint) => {
  const hintId = `${input.id}-hint`
  if (hint) input.setAttribute('aria-describedby', hintId)
  return el(
    'div',
    { class: 'field' },
    el('label', { for: input.id }, visible(label)),
    hint ? el('p', { class: 'hint', id: hintId }, visible(hint)) : undefined,
    input,
  )
}

/** The browser does not submit a form of the page (rule SR-11); a second click while one request is under way does nothing. */
function submitting(form, work) {
  let isBusy = false
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (isBusy) return
    isBusy = true
    try {
      await work(event.submitter)
    } finally {
      isBusy = false
    }
  })
  return form
}

function tokenForm() {
  if (!apiTokens && tokens === undefined) return undefined
  const input = el('input', {
    id: 'pasted',
    type: 'password',
    required: true,
    autocomplete: 'off',
  })
  const hint = 'Kept in the memory of this page until it is left.'
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    field('Token', input, hint),
    el('div', { class: 'row' }, el('button', { class: 'btn' }, 'Use it')),
  )
  submitting(form, async () => {
    const token = input.value.trim()
    input.value = ''
    const word =
      apiTokens && !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)
        ? (page.signIn.keyword ?? 'Token')
        : (tokens?.word ?? 'Bearer')
    hold({})
    held = { header: `${word} ${token}` }
    await run()
  })
  return el('details', {}, el('summary', {}, 'Use a token instead'), form)
}

// What is needed, and why a request was refused.

const OUTCOMES = {
  granted: ['good', 'granted'],
  denied: ['bad', 'refused'],
  notAsked: ['', 'not asked'],
  unknown: ['', 'not checked'],
  absent: ['', 'absent'],
  accepted: ['good', 'accepted'],
  rejected: ['bad', 'rejected'],
  allowed: ['good', 'allowed'],
  refused: ['bad', 'refused'],
  notChecked: ['', 'not checked'],
}
const tagOf = (outcome) => {
  const [kind, text] = OUTCOMES[outcome] ?? ['', outcome]
  return el('span', { class: `tag ${kind}` }, text)
}

function showNeeds() {
  const rows = (route?.methods ?? []).map((each) =>
    el(
      'li',
      {},
      tagOf(each.outcome),
      el(
        'div',
        {},
        el('span', { class: 'verb' }, each.method),
        ' ',
        visible(needsOf(each)),
      ),
    ),
  )
  if (rows.length === 0) return void show('needs')
  const more = route.complete
    ? undefined
    : el('p', { class: 'hint' }, 'Further methods of this path are not known.')
  show(
    'needs',
    el('h2', { id: 'needs-h' }, 'What each method requires'),
    el('ol', { class: 'checks' }, ...rows),
    more,
  )
}

function needsOf({ needs, schemes, throttles = [] }) {
  const rates = throttles
    .filter(({ limit }) => limit !== undefined)
    .map(({ name, limit, period }) => `${name}: ${limit} in ${period} s`)
  const none = needs ? 'schemes: none' : 'no credentials needed'
  const how = schemes.length > 0 ? `schemes: ${schemes.join(', ')}` : none
  return [needs, how, ...rates].filter(Boolean).join(' · ')
}

function decoded(header) {
  try {
    const bytes = Uint8Array.from(
      atob(header.replaceAll('-', '+').replaceAll('_', '/')),
      (each) => each.charCodeAt(0),
    )
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

async function showWhy(answer) {
  const header = answer.headers.get('Watchword-Explanation')
  const why = header === null ? undefined : decoded(header)
  if (why === undefined) return void show('why')
  const schemes = why.schemes.map(({ name, outcome, code }) =>
    el(
      'li',
      {},
      tagOf(outcome),
      el(
        'div',
        {},
        el('strong', {}, visible(name)),
        code === undefined ? '' : `: ${visible(code)}`,
      ),
    ),
  )
  show(
    'why',
    el('h2', { id: 'why-h' }, `Why ${why.status}`),
    notice('bad', visible(why.hint)),
    el(
      'div',
      { class: 'split' },
      section(
        'Authentication: schemes, in order',
        el('ol', { class: 'checks' }, ...schemes),
      ),
      why.requirement &&
        section(
          'Authorization: what the route requires',
          el('ol', { class: 'checks' }, ...requirementRows(why.requirement)),
        ),
    ),
    why.throttle && el('p', {}, visible(throttleText(why.throttle))),
    why.clock && el('p', {}, clockText(why.clock)),
    el(
      'p',
      { class: 'hint' },
      `Request ${visible(why.requestId)}. Shown in development, and to staff in production. Others see only the answer.`,
    ),
  )
}

const section = (title, ...children) =>
  el('section', { class: 'tight' }, el('h3', {}, title), ...children)

const JOINT = { all: 'all of', any: 'one of', not: 'not' }

function requirementRows(requirement) {
  const { kind, name, outcome, because, of } = requirement
  if (kind === 'permission')
    return [
      el(
        'li',
        {},
        tagOf(outcome),
        el(
          'div',
          {},
          el('strong', {}, visible(name)),
          because ? `: ${visible(because)}` : '',
        ),
      ),
    ]
  return [
    el(
      'li',
      {},
      tagOf(outcome),
      el(
        'div',
        {},
        el('strong', {}, JOINT[kind]),
        el('ol', { class: 'checks' }, ...of.flatMap(requirementRows)),
      ),
    ),
  ]
}

const throttleText = ({ name, limit, period, by, retryAfter }) =>
  [
    `The rate "${name}"`,
    limit === undefined ? '' : ` allows ${limit} requests in ${period} seconds`,
    ` by ${by}`,
    retryAfter === undefined ? '.' : `; wait ${retryAfter} seconds.`,
  ].join('')

const clockText = ({ server, issuedAt, expiresAt }) =>
  [
    ['The server’s clock', server],
    ['issued', issuedAt],
    ['expires', expiresAt],
  ]
    .filter(([, at]) => at !== undefined)
    .map(([text, at]) => `${text}: ${new Date(at * 1000).toISOString()}`)
    .join(' · ')

// Methods and forms.

function showMethods() {
  const options = button('OPTIONS', () => exchange({ method: 'OPTIONS', url: here.href }))
  const get = button(
    'GET',
    () => exchange({ method: 'GET', url: here.href }, true),
    'small main',
  )
  show('methods', answersGet() && get, options)
}

const MOST_FIELDS = 50

/** Where a form sends its request: `href` is undefined while a part of the path is missing. `id` begins the ids of its elements. */
const HERE = { id: '', fields: [], href: () => here.href }

/** @param value the body of the GET, which fills the form of a PUT */
function showForms(value) {
  if (route === undefined) return
  const get = route.methods.find(({ method }) => method === 'GET')
  const others = route.methods.filter(
    ({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method),
  )
  show('forms', ...others.map((each) => panelOf(each, HERE, value)))
  show('filters', get && filtersOf(get))
  show('raw', rawAnything())
}

function panelOf(method, at, value) {
  const verb = el('span', { class: 'verb' }, method.method)
  const id = `${at.id}${method.method}-h`
  const title = el(
    at === HERE ? 'h2' : 'h3',
    { id },
    verb,
    ' ',
    visible(method.summary ?? ''),
  )
  const inner = [
    method.description ? el('p', {}, visible(method.description)) : undefined,
    at === HERE ? undefined : el('p', { class: 'hint' }, visible(needsOf(method))),
    ...at.fields,
    ...contentOf(method, at, value),
  ]
  const closed = method.outcome === 'refused'
  const reason =
    route.principal === undefined
      ? 'Sign in to use it.'
      : `Refused. Requires: ${method.needs ?? 'more than this user has'}.`
  const body = closed
    ? el('details', {}, el('summary', {}, visible(reason)), ...inner)
    : el(
        'div',
        { class: 'flow' },
        method.outcome === 'notChecked' ? el('p', {}, tagOf('notChecked')) : undefined,
        ...inner,
      )
  return el('section', { class: 'panel', 'aria-labelledby': id }, title, body)
}

function contentOf(method, at, value) {
  if (method.method === 'GET') return [getForm(method, at)]
  if (method.method === 'DELETE') return [deleteForm(method, at)]
  return [fieldsForm(method, at, value), rawForm(method, at, value)]
}

/** Sends a request of a form. @param to what may change its address */
async function sendTo(at, request, to = (url) => url) {
  const href = at.href()
  if (href !== undefined) return exchange({ ...request, url: to(href) })
}

function getForm({ query }, at) {
  const filters = filterFields(query, at.id)
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    ...filters.elements,
    el('div', { class: 'row' }, el('button', { class: 'btn main' }, 'GET')),
  )
  return submitting(form, () => sendTo(at, { method: 'GET' }, filters.addedTo))
}

function deleteForm({ method }, at) {
  const sure = el(
    'details',
    {},
    el('summary', {}, 'DELETE…'),
    el('p', {}, 'This cannot be undone from here.'),
    el(
      'div',
      { class: 'row' },
      button('DELETE this', () => sendTo(at, { method }), 'danger'),
    ),
  )
  return sure
}

const isPlain = (schema) =>
  schema?.type === 'object' &&
  schema.properties !== undefined &&
  Object.keys(schema.properties).length <= MOST_FIELDS

/** A form with a field for each member; `undefined` if the schema has another shape. */
function fieldsForm(method, at, value) {
  if (!isPlain(method.body)) return undefined
  const required = method.body.required ?? []
  const members = Object.entries(method.body.properties).filter(
    ([, schema]) => schema?.readOnly !== true,
  )
  const fields = members.map(([name, schema], i) =>
    fieldOf({
      name,
      schema: schema === true ? {} : schema,
      isRequired: required.includes(name),
      id: `${at.id}${method.method}-${i}`,
      value: method.method === 'POST' ? undefined : Object(value)[name],
    }),
  )
  const faults = el('div', {})
  const form = el(
    'form',
    { method: 'dialog', class: 'flow', noValidate: true },
    faults,
    ...fields.map(({ element }) => element),
    el('div', { class: 'row' }, el('button', { class: 'btn main' }, method.method)),
  )
  return submitting(form, async () => {
    const body = bodyOf(fields, method.method === 'PATCH')
    if (body === undefined) return
    const answer = await sendTo(at, { method: method.method, ...body })
    if (answer !== undefined)
      showFaults(fields, faults, answer.status === 400 ? current?.value : undefined)
  })
}

function showFaults(fields, faults, value) {
  const named = new Set(fields.map(({ name }) => name))
  for (const each of fields) each.fault(textsOf(Object(value)[each.name]))
  const others = Object.entries(Object(value))
    .filter(([name]) => !named.has(name))
    .flatMap(([, each]) => textsOf(each))
  faults.replaceChildren(
    ...(value === undefined
      ? []
      : [
          notice('bad', visible(['The server refused the values.', ...others].join(' '))),
        ]),
  )
}

const textsOf = (value) => [value].flat(9).filter((each) => typeof each === 'string')

/** One member as a field: `read` returns its value, `undefined` if it is left out. */
function fieldOf({ name, schema, isRequired, id, value }) {
  const shown = value ?? schema.default
  const { input, read, error } = inputFor(schema, shown, isRequired)
  input.id = id
  input.name = name
  if (isRequired) input.required = true
  input.setAttribute('autocomplete', 'off')
  const type = [
    typeText(schema),
    isRequired && 'required',
    schema.maxLength && `at most ${schema.maxLength} characters`,
  ]
  const hint = [type.filter(Boolean).join(', '), schema.description]
    .filter(Boolean)
    .join('. ')
  const element = field(name, input, hint)
  const message = el('p', { class: 'error', id: `${id}-error`, hidden: true })
  input.before(message)
  return {
    name,
    element,
    schema,
    read,
    initial: value,
    isFile: input.type === 'file',
    input,
    fault(texts) {
      message.textContent = visible(texts.join(' '))
      message.hidden = texts.length === 0
      input.setAttribute('aria-invalid', String(texts.length > 0))
      input.setAttribute(
        'aria-describedby',
        texts.length > 0 ? `${id}-hint ${id}-error` : `${id}-hint`,
      )
    },
    check() {
      const fault = error?.()
      this.fault(fault === undefined ? [] : [fault])
      return fault === undefined
    },
  }
}

const typeText = ({ type, format, enum: values }) => {
  const text = format ?? (Array.isArray(type) ? type.join(' or ') : type)
  return text ?? (values ? 'one of a list' : 'JSON')
}

const INPUT_TYPES = {
  email: 'email',
  password: 'password',
  uri: 'url',
  url: 'url',
  date: 'date',
}

function inputFor(schema, shown, isRequired) {
  if (Array.isArray(schema.enum) && schema.enum.length <= MOST_CHOICES)
    return selectFor(schema.enum, shown)
  if (schema.format === 'binary' || schema.contentEncoding === 'binary')
    return { input: el('input', { type: 'file' }) }
  switch (schema.type) {
    case 'boolean':
      return selectFor([true, false], shown)
    case 'integer':
    case 'number':
      return numberFor(shown, isRequired)
    case 'string':
      return textFor(schema, shown, isRequired)
    default:
      return jsonFor(shown, isRequired)
  }
}

/** As in Django REST framework. */
const MOST_CHOICES = 1000

function selectFor(values, shown) {
  const options = values.map((value, i) =>
    el(
      'option',
      { value: String(i) },
      visible(typeof value === 'string' ? value : JSON.stringify(value)),
    ),
  )
  const input = el('select', {}, el('option', { value: '' }, '—'), ...options)
  const at = values.indexOf(shown)
  input.value = at === -1 ? '' : String(at)
  return {
    input,
    read: () => (input.value === '' ? undefined : values[Number(input.value)]),
  }
}

function numberFor(shown) {
  const input = el('input', {
    type: 'text',
    inputMode: 'decimal',
    value: shown === undefined || shown === null ? '' : String(shown),
  })
  const isNumber = () => /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(input.value.trim())
  return {
    input,
    read: () => (input.value.trim() === '' ? undefined : { raw: input.value.trim() }),
    error: () =>
      input.value.trim() === '' || isNumber() ? undefined : 'Write a number.',
  }
}

function textFor({ format, maxLength }, shown, isRequired) {
  const isLong = format === undefined && (maxLength === undefined || maxLength > 200)
  const text = typeof shown === 'string' ? shown : ''
  const input = isLong
    ? el('textarea', { rows: 1, value: text })
    : el('input', { type: INPUT_TYPES[format] ?? 'text', value: text })
  return {
    input,
    read: () =>
      input.value === '' && !isRequired && text === '' ? undefined : input.value,
  }
}

function jsonFor(shown) {
  const input = el('textarea', {
    rows: 3,
    spellcheck: false,
    value: shown === undefined ? '' : JSON.stringify(shown, null, 2),
  })
  const isJson = () => {
    try {
      parseJson(input.value)
      return true
    } catch {
      return false
    }
  }
  return {
    input,
    read: () => (input.value.trim() === '' ? undefined : { raw: input.value }),
    error: () => (input.value.trim() === '' || isJson() ? undefined : 'Write JSON.'),
  }
}

/** Numbers and JSON are sent as they were written. */
const jsonOf = (entries) =>
  `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value?.raw ?? JSON.stringify(value)}`).join(',')}}`

/** @returns `undefined` if a field holds no JSON */
function bodyOf(fields, changedOnly) {
  if (!fields.map((each) => each.check()).every(Boolean)) return undefined
  if (fields.some(({ isFile }) => isFile)) return { body: multipartOf(fields) }
  const entries = fields
    .map((each) => [each.name, each.read(), each.initial])
    .filter(([, value]) => value !== undefined)
  const sent = changedOnly
    ? entries.filter(
        ([, value, initial]) => jsonOf([['', value]]) !== jsonOf([['', initial]]),
      )
    : entries
  return { body: jsonOf(sent), headers: { 'Content-Type': 'application/json' } }
}

function multipartOf(fields) {
  const form = new FormData()
  for (const { name, input, isFile, read } of fields) {
    if (isFile) for (const file of input.files) form.append(name, file)
    else if (read() !== undefined) form.append(name, read()?.raw ?? String(read()))
  }
  return form
}

function rawForm(method, at, value) {
  const id = `${at.id}${method.method}-raw`
  const text = el('textarea', {
    id,
    rows: 6,
    spellcheck: false,
    // Else browsers write it to disk, to fill the form again.
    autocomplete: 'off',
    value: rawTextOf(method, value),
  })
  const type = el(
    'select',
    { id: `${id}-type` },
    ...method.types.map((each) => el('option', { value: each }, visible(each))),
  )
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    field('Media type', type),
    field('Content', text),
    el(
      'div',
      { class: 'row' },
      el('button', { class: 'btn' }, `${method.method} as written`),
    ),
  )
  submitting(form, () =>
    sendTo(at, {
      method: method.method,
      body: text.value,
      headers: { 'Content-Type': type.value },
    }),
  )
  return el(
    'details',
    { open: !isPlain(method.body) },
    el('summary', {}, 'Raw data'),
    form,
  )
}

function rawTextOf({ example, body, method }, value) {
  if (example !== undefined) return JSON.stringify(example, null, 2)
  if (method !== 'POST' && value !== undefined) return JSON.stringify(value, null, 2)
  if (!isPlain(body)) return '{}'
  const writable = Object.entries(body.properties).filter(
    ([, schema]) => schema?.readOnly !== true,
  )
  return JSON.stringify(
    Object.fromEntries(
      writable.map(([name, schema]) => [name, EMPTY[schema?.type] ?? null]),
    ),
    null,
    2,
  )
}
const EMPTY = { string: '', boolean: false, array: [], object: {} }

/** A request with any method to any path of this origin. */
function rawAnything() {
  const method = el(
    'select',
    { id: 'any-method' },
    ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'].map((each) =>
      el('option', {}, each),
    ),
  )
  const path = el('input', {
    id: 'any-path',
    type: 'text',
    value: here.pathname + here.search,
    required: true,
    autocomplete: 'off',
    spellcheck: false,
  })
  const type = el('input', {
    id: 'any-type',
    type: 'text',
    value: 'application/json',
    autocomplete: 'off',
  })
  const text = el('textarea', {
    id: 'any-body',
    rows: 4,
    spellcheck: false,
    autocomplete: 'off',
  })
  const fault = el('div', {})
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    fault,
    field('Method', method),
    field('Path', path),
    field('Media type', type),
    field('Body', text),
    el('div', { class: 'row' }, el('button', { class: 'btn' }, 'Send')),
  )
  submitting(form, async () => {
    const address = URL.parse(path.value, location.href)
    if (address === null || address.origin !== location.origin)
      return fault.replaceChildren(
        notice('bad', 'The path must be one of this origin, such as /notes/.'),
      )
    fault.replaceChildren()
    const hasBody = text.value !== '' && !['GET', 'HEAD'].includes(method.value)
    await exchange({
      method: method.value,
      url: address.href,
      ...(hasBody && { body: text.value, headers: { 'Content-Type': type.value } }),
    })
  })
  return el('details', {}, el('summary', {}, 'Another request'), form)
}

/** The parameters of a query as fields, filled from the address of the page. `addedTo` returns an address with their values. */
function filterFields(query, id) {
  const properties = isPlain(query) ? query.properties : {}
  const inputs = Object.entries(properties).map(([name, schema], i) => {
    const input = el('input', {
      id: `${id}filter-${i}`,
      name,
      type: 'text',
      autocomplete: 'off',
      value: here.searchParams.get(name) ?? '',
    })
    return { input, element: field(name, input, Object(schema).description) }
  })
  const addedTo = (href) => {
    const to = new URL(href)
    for (const { input } of inputs) {
      if (input.value === '') to.searchParams.delete(input.name)
      else to.searchParams.set(input.name, input.value)
    }
    return to.href
  }
  return { elements: inputs.map(({ element }) => element), addedTo }
}

function filtersOf({ query }) {
  const { elements, addedTo } = filterFields(query, '')
  if (elements.length === 0) return undefined
  const form = el(
    'form',
    { method: 'dialog', class: 'flow' },
    ...elements,
    el('div', { class: 'row' }, el('button', { class: 'btn' }, 'Filter')),
  )
  submitting(form, async () => location.assign(addedTo(here.href)))
  return el('details', {}, el('summary', {}, 'Filters'), form)
}

// The index: a form for each method of each path.

const PARAMETER = /:(\w+)(?:\([^/]*\)|\{[^/]*\})?|\{(\w+)[^/}]*\}|\[(\w+)\]/g

function showIndex() {
  for (const head of document.querySelectorAll('thead tr'))
    head.append(el('th', { scope: 'col' }, 'Form'))
  document.querySelectorAll('tr[data-path]').forEach((row, i) => {
    const isWild = row.dataset.path.includes('*')
    row.append(el('td', {}, isWild ? '' : tryButton(row, `row${i}-`)))
  })
}

function tryButton(row, id) {
  const { method, path } = row.dataset
  let below
  const open = button('Try', async () => {
    open.setAttribute('aria-expanded', String(below === undefined))
    if (below !== undefined) {
      if (below.contains(byId('result'))) document.querySelector('h1').after(emptied())
      below.remove()
      below = undefined
      return
    }
    const cell = el('td', { colSpan: 4 })
    below = el('tr', {}, cell)
    row.after(below)
    cell.append(await formFor(row, placeOf(row, id)))
    // The answer is shown below the form that asked for it.
    cell.addEventListener(
      'click',
      () => cell.contains(byId('result')) || cell.append(emptied()),
      true,
    )
  })
  open.setAttribute('aria-label', `Try ${method} ${path}`)
  open.setAttribute('aria-expanded', 'false')
  return open
}

function emptied() {
  for (const id of ['response', 'why', 'in']) show(id)
  return byId('result')
}

async function formFor({ dataset: { method, path } }, at) {
  const url = `${here.pathname}?path=${encodeURIComponent(path)}`
  const headers = { Accept: page.routeType }
  const answer = await send({ method: 'GET', url, headers }).catch(() => undefined)
  const { methods = [] } = answer?.ok ? await answer.json() : {}
  const found = methods.find((each) => each.method === method)
  if (found !== undefined) return panelOf(found, at)
  return notice('bad', 'The server does not describe this method.')
}

/** The path of a row, with a field for each parameter. */
function placeOf({ dataset: { href } }, id) {
  const inputs = [...href.matchAll(PARAMETER)].map(([, ...names], i) =>
    el('input', {
      id: `${id}path-${i}`,
      name: names.find(Boolean),
      type: 'text',
      required: true,
      autocomplete: 'off',
      spellcheck: false,
    }),
  )
  const valueAt = (i) => encodeURIComponent(inputs[i].value)
  return {
    id,
    fields: inputs.map((each) => field(each.name, each, 'A part of the path.')),
    href() {
      if (!inputs.every((each) => each.reportValidity())) return undefined
      let i = 0
      return absolute(href.replace(PARAMETER, () => valueAt(i++)))
    },
  }
}

// Copying. Commands have `$TOKEN` in place of a token (rule SR-15).

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`
const usesHeader = () => held.header !== undefined || held.access !== undefined
const wordOf = () => (held.header ?? `${tokens?.word} `).split(' ')[0]

function copies(request) {
  const { method, url, body, headers = {} } = request
  const address = new URL(url, location.href).href
  const type = headers['Content-Type']
  const text = typeof body === 'string' ? body : undefined
  const forms = [
    ['curl', curl(method, address, type, text)],
    ['HTTPie', httpie(method, address, type, text)],
    ['fetch', fetching(method, address, type, text)],
  ]
  const shown = el('pre', { tabIndex: 0, hidden: true })
  const buttons = forms.map(([name, command]) =>
    button(`Copy as ${name}`, async () => {
      shown.textContent = visible(command)
      shown.hidden = false
      await navigator.clipboard?.writeText(command).catch(() => undefined)
    }),
  )
  const raw = new URL(address)
  raw.searchParams.set('format', 'json')
  const json =
    method === 'GET'
      ? el(
          'a',
          { class: 'btn small', href: raw.href, target: '_blank', rel: 'noopener' },
          'Raw',
        )
      : undefined
  return el(
    'div',
    { class: 'flow' },
    el('div', { class: 'row' }, ...buttons, json),
    shown,
  )
}

function curl(method, address, type, text) {
  const parts = ['curl', '-i', '-X', method, quoted(address)]
  if (usesHeader()) parts.push('-H', `"Authorization: ${wordOf()} $TOKEN"`)
  if (text !== undefined)
    parts.push('-H', quoted(`Content-Type: ${type}`), '--data-binary', quoted(text))
  return parts.join(' ')
}

function httpie(method, address, type, text) {
  const parts = ['http', method, quoted(address)]
  if (usesHeader()) parts.push(`"Authorization:${wordOf()} $TOKEN"`)
  if (text !== undefined)
    parts.push(quoted(`Content-Type:${type}`), '--raw', quoted(text))
  return parts.join(' ')
}

function fetching(method, address, type, text) {
  const headers = [
    usesHeader() ? `Authorization: \`${wordOf()} \${process.env.TOKEN}\`` : '',
    text === undefined ? '' : `'Content-Type': ${JSON.stringify(type)}`,
  ].filter(Boolean)
  const body = text === undefined ? '' : `, body: ${JSON.stringify(text)}`
  return `await fetch(${JSON.stringify(address)}, { method: ${JSON.stringify(method)}, headers: { ${headers.join(', ')} }${body} })`
}

// A page that the browser has kept shows nothing of before: its user may have signed out since.
addEventListener('pagehide', () => show('response'))
addEventListener('pageshow', (event) => {
  if (!event.persisted) return
  if (tokens?.keep === 'tab') held = stored()
  run()
})

if (page.index) showIndex()
run()

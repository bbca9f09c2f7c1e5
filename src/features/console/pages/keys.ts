import { AuthError } from '../../../base/errors.ts'
import type { KeySummary } from '../../../keys/key-ring.ts'
import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  confirmed,
  empty,
  errorSummary,
  field,
  form,
  hidden,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { consoleStore } from '../store.ts'
import { rotateKeys } from '../verbs.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './gate.ts'
import { type KeySpan, keyLanes } from './key-lanes.ts'
import { consolePage, doneNotice } from './shell.ts'
import { errorsIn } from './user.ts'

const PATH = '/console/keys/'
const CONFIRMATION = 'replace all keys'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const [keys, events] = await Promise.all([
      visit.core.keys.list(),
      visit.core.ports(consoleStore).console.findEvents({ kind: 'keys_rotated' }),
    ])
    return keysPage(visit, spansOf(keys, events.rows))
  },
  async post(visit) {
    const action = visit.form.text('action')
    if (action === 'rotate') await rotateKeys(false, visit)
    else if (action === 'leaked') await replaceAll(visit)
    else throw new AuthError('parse_error', 'there is no such action')
    return seeOther(`${PATH}?done=${action}`)
  },
}

export const keys = forStaff(handlers)

async function replaceAll(visit: StaffVisit): Promise<void> {
  if (visit.form.text('confirm') !== CONFIRMATION)
    throw fieldError({ confirm: [`Type “${CONFIRMATION}”.`] })
  await rotateKeys(true, visit)
}

interface Rotation {
  readonly at: number
  readonly detail: Readonly<Record<string, unknown>>
}

/** When each key was published, signed and verified: rotations are in the audit log. */
function spansOf(
  keys: readonly KeySummary[],
  rotations: readonly Rotation[],
): readonly KeySpan[] {
  return keys
    .map((key) => {
      const began = rotations.find(({ detail }) => detail.current === key.id)?.at
      const ended = rotations.find(({ detail }) => detail.retiring === key.id)?.at
      const signs = key.stage !== 'next'
      return {
        ...key,
        signsFrom: signs ? (began ?? key.createdAt) : undefined,
        signsUntil:
          key.stage === 'retiring' ? (ended ?? began ?? key.createdAt) : undefined,
      }
    })
    .toSorted((a, b) => b.createdAt - a.createdAt)
}

function keysPage(visit: StaffVisit, spans: readonly KeySpan[]): Html {
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: 'Keys',
    current: 'keys',
    hasErrors: errors !== undefined,
    main: html`<h1>Keys</h1>
${doneNotice(visit, DONE)}
${errors !== undefined && errorSummary(visit, errors)}
${spans.length === 0 ? configured : html`${keyLanes(spans, visit.now)}${keyTable(spans)}${visit.can('watchword.change') && actions(visit, spans, errors?.confirm)}`}`,
  })
}

const DONE = {
  rotate: 'The next key signs now, and a new next key was published.',
  leaked: 'All keys were replaced. Tokens that they signed are refused.',
}

const configured = empty(
  html`<p><strong>The keys come from the options.</strong></p><p>They are not in the database: <code>tokens.signingKey</code>, <code>tokens.verifyingKey</code> or <code>tokens.jwksUrl</code> gives them, and they are changed there.</p>`,
)

const STAGES = {
  next: 'published, signs next',
  current: 'signs',
  retiring: 'verifies only',
} as const

const keyTable = (spans: readonly KeySpan[]): Html =>
  table(
    'Keys in the database',
    [
      {
        title: 'Key',
        cell: ({ id }: KeySpan) =>
          html`<code>${id.slice(0, 8)}</code><small class="mono">${id}</small>`,
      },
      {
        title: 'Stage',
        cell: ({ stage }) =>
          html`${tag(stage, stage === 'current' ? 'now' : undefined)} ${STAGES[stage]}`,
      },
      { title: 'Algorithm', cell: ({ algorithm }) => algorithm },
      { title: 'Published', cell: ({ createdAt }) => dateOf(createdAt) },
      { title: 'Signs', cell: (span) => signsText(span) },
      {
        title: 'Verifies until',
        cell: ({ verifiesUntil }) =>
          verifiesUntil === undefined
            ? 'it retires, and its last token has expired'
            : dateOf(verifiesUntil),
      },
    ],
    spans,
  )

function signsText({ signsFrom, signsUntil }: KeySpan): HtmlValue {
  if (signsFrom === undefined) return 'after the next rotation'
  if (signsUntil === undefined) return html`since ${dateOf(signsFrom)}`
  return html`${dateOf(signsFrom)} to ${dateOf(signsUntil)}`
}

function actions(
  visit: StaffVisit,
  spans: readonly KeySpan[],
  errors: readonly string[] | undefined,
): Html {
  const next = spans.find(({ stage }) => stage === 'next')
  return html`<div class="split">
<section class="panel" aria-labelledby="rotate"><h2 id="rotate">Rotate now</h2>
<p>The next key, ${next !== undefined && html`<code>${next.id}</code>, `}begins to sign. It has been published since ${next !== undefined && dateOf(next.createdAt)}; if that was just now, this waits up to twenty seconds for services that check tokens. No token becomes invalid.</p>
${form(visit, { action: PATH }, html`${hidden('action', 'rotate')}<div class="row">${button('Rotate keys', { kind: '' })}</div>`)}
</section>
<section class="panel" aria-labelledby="leaked"><h2 id="leaked">Keys that others may know</h2>
${confirmed('Replace all keys…', leakedForm(visit, errors))}
</section>
</div>`
}

const leakedForm = (visit: StaffVisit, errors: readonly string[] | undefined): Html =>
  form(
    visit,
    { action: PATH },
    html`${hidden('action', 'leaked')}
<p>All keys are replaced at once, and every access and refresh token becomes invalid: all users of such tokens have to sign in again. API tokens and the sessions of browsers stay valid. Services that keep the key set may refuse new tokens for some seconds. This cannot be undone.</p>
${field(visit, { name: 'confirm', label: `Type “${CONFIRMATION}”`, autocomplete: 'off', isVerbatim: true, errors })}
${button('Replace all keys', { kind: 'danger' })}`,
  )

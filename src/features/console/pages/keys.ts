import { AuthError } from '../../../base/errors.ts'
import { ifDefined } from '../../../base/optional.ts'
import type { KeySummary } from '../../../keys/key-ring.ts'
import { seeOther } from '../../../pages/answers.ts'
import {
  button,
  confirmed,
  empty,
  field,
  form,
  hidden,
  type Tone,
  table,
  tag,
} from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { dateOf } from '../../../pages/time.ts'
import { fieldError } from '../../../users/field-errors.ts'
import { consoleStore } from '../store.ts'
import { rotateKeys } from '../verbs.ts'
import { errorsIn, summaryOf } from './form-errors.ts'
import { type KeySpan, keyLanes } from './key-lanes.ts'
import { consolePage, doneNotice } from './shell.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'

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
    else throw new AuthError('parse_error', 'the form has an unknown action')
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
    .map((key) => ({ ...key, ...signingOf(key, rotations) }))
    .toSorted((a, b) => b.createdAt - a.createdAt)
}

function signingOf(
  { id, stage, createdAt }: KeySummary,
  rotations: readonly Rotation[],
): Pick<KeySpan, 'signsFrom' | 'signsUntil'> {
  const momentOf = (name: 'current' | 'retiring'): number | undefined =>
    rotations.find(({ detail }) => detail[name] === id)?.at
  if (stage === 'next') return { signsFrom: undefined, signsUntil: undefined }
  const signsFrom = momentOf('current') ?? createdAt
  if (stage === 'current') return { signsFrom, signsUntil: undefined }
  return { signsFrom, signsUntil: momentOf('retiring') ?? signsFrom }
}

function keysPage(visit: StaffVisit, spans: readonly KeySpan[]): Html {
  const errors = errorsIn(visit)
  return consolePage(visit, {
    title: 'Keys',
    current: 'keys',
    hasErrors: errors !== undefined,
    main: html`<h1>Keys</h1>
${doneNotice(visit, DONE)}
${summaryOf(visit, errors)}
${keyParts(visit, spans, errors?.confirm)}`,
  })
}

function keyParts(
  visit: StaffVisit,
  spans: readonly KeySpan[],
  errors: readonly string[] | undefined,
): Html {
  if (spans.length === 0) return configured
  return html`${keyLanes(spans, visit.now)}${keyTable(spans)}${visit.can('watchword.change') && actions(visit, spans, errors)}`
}

const DONE = {
  rotate: 'The next key signs now, and a new next key was published.',
  leaked: 'All keys were replaced. Tokens that they signed are refused.',
}

const configured = empty(
  html`<p><strong>The keys come from the options.</strong></p><p>They are not in the database: <code>tokens.signingKey</code>, <code>tokens.verifyingKey</code> or <code>tokens.jwksUrl</code> gives them, and they are changed there.</p>`,
)

const TONES: Readonly<Record<string, Tone>> = { current: 'now' }

export const stageTag = (stage: KeySummary['stage']): Html => tag(stage, TONES[stage])

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
        cell: ({ stage }) => html`${stageTag(stage)} ${STAGES[stage]}`,
      },
      { title: 'Algorithm', cell: ({ algorithm }) => algorithm },
      { title: 'Published', cell: ({ createdAt }) => dateOf(createdAt) },
      { title: 'Signs', cell: (span) => signsText(span) },
      {
        title: 'Verifies until',
        cell: ({ verifiesUntil }) => ifDefined(verifiesUntil, dateOf) ?? UNTIL_RETIRED,
      },
    ],
    spans,
  )

const UNTIL_RETIRED = 'it retires, and its last token has expired'

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

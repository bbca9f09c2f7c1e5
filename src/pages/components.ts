import { listIf } from '../base/optional.ts'
import type { PageContext } from './context.ts'
import { TOKEN_FIELD } from './form-token.ts'
import { type Html, type HtmlValue, html, trusted } from './html.ts'

/** What is wrong with the fields of a form, by their names; `''` is the form itself. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>

/** A form that is sent, with the token that protects it. */
export const form = (
  { formToken }: Pick<PageContext, 'formToken'>,
  {
    action,
    method,
    className,
  }: {
    readonly action: string
    /** Of those that HTML forms do not have: it travels as `_method`. */
    readonly method?: 'PUT' | 'PATCH' | 'DELETE'
    readonly className?: string | undefined
  },
  content: HtmlValue,
): Html =>
  html`<form method="post" action="${action}"${className !== undefined && html` class="${className}"`}>
<input type="hidden" name="${TOKEN_FIELD}" value="${formToken}">
${method !== undefined && hidden('_method', method)}
${content}
</form>`

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">`

/** An input with its label, its hint and its error. */
export interface Field {
  readonly name: string
  /** Default: the name. */
  readonly id?: string
  readonly label: string
  readonly hint?: HtmlValue
  /** Default `text`. */
  readonly type?:
    | 'text'
    | 'email'
    | 'password'
    | 'tel'
    | 'url'
    | 'number'
    | 'date'
    | 'datetime-local'
    | 'search'
  readonly value?: string | number | undefined
  /** Default: yes. */
  readonly required?: boolean
  readonly autocomplete?: string
  readonly inputmode?: 'numeric' | 'email' | 'tel' | 'url' | 'search'
  readonly pattern?: string
  readonly title?: string
  readonly minlength?: number
  readonly maxlength?: number
  readonly min?: string | number
  readonly max?: string | number
  readonly step?: string | number
  readonly autofocus?: boolean
  readonly readonly?: boolean
  /** A name or a code, which a phone must not write with a capital or correct. */
  readonly isVerbatim?: boolean
  /** A one-time code. */
  readonly isCode?: boolean
  readonly errors?: readonly string[] | undefined
}

/** @param texts for "Error:" */
export function field({ texts }: Pick<PageContext, 'texts'>, definition: Field): Html {
  const { name, id = name, label, hint, errors = [] } = definition
  return html`<div class="field">
<label for="${id}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${id}-hint">${hint}</p>`}
${errors.length > 0 && html`<p class="error" id="${id}-error"><span class="seen-not">${texts.common.error}</span>${errors.join(' ')}</p>`}
<input${inputAttributes({ ...definition, id })}>
</div>`
}

const inputAttributes = (definition: Field & { readonly id: string }): HtmlValue => {
  const { id, hint, errors = [], type = 'text', required = true } = definition
  const described = [
    ...listIf(hint !== undefined, `${id}-hint`),
    ...listIf(errors.length > 0, `${id}-error`),
  ]
  return attributes({
    ...(definition.isCode === true && { class: 'code' }),
    id,
    name: definition.name,
    type,
    value: definition.value,
    required,
    autocomplete: definition.autocomplete,
    inputmode: definition.inputmode,
    pattern: definition.pattern,
    title: definition.title,
    minlength: definition.minlength,
    maxlength: definition.maxlength,
    min: definition.min,
    max: definition.max,
    step: definition.step,
    readonly: definition.readonly,
    ...(definition.isVerbatim === true && {
      autocapitalize: 'none',
      spellcheck: 'false',
    }),
    autofocus: definition.autofocus === true && errors.length === 0,
    'aria-describedby': described.length > 0 && described.join(' '),
    'aria-invalid': errors.length > 0 && 'true',
  })
}

/** Attributes of a tag. `undefined` and `false` are left out; `true` is one without a value. Names are constants of ours. */
export const attributes = (
  all: Readonly<Record<string, string | number | boolean | undefined>>,
): HtmlValue =>
  Object.entries(all).map(([name, value]) => {
    if (value === undefined || value === false) return ''
    if (value === true) return trusted(` ${name}`)
    return html`${trusted(` ${name}`)}="${value}"`
  })

export interface Choice {
  readonly value: string
  readonly text: string
}

/** A list to choose one of. */
export const select = (
  { texts }: Pick<PageContext, 'texts'>,
  {
    name,
    id = name,
    label,
    value,
    choices,
    errors = [],
  }: Pick<Field, 'name' | 'id' | 'label' | 'errors'> & {
    readonly value?: string | undefined
    readonly choices: readonly Choice[]
  },
): Html =>
  html`<div class="field">
<label for="${id}">${label}</label>
${errors.length > 0 && html`<p class="error" id="${id}-error"><span class="seen-not">${texts.common.error}</span>${errors.join(' ')}</p>`}
<select id="${id}" name="${name}"${errors.length > 0 && html` aria-invalid="true" aria-describedby="${id}-error"`}>
${choices.map((choice) => html`<option value="${choice.value}"${choice.value === value && trusted(' selected')}>${choice.text}</option>`)}
</select>
</div>`

export const checkbox = ({
  name,
  value = 'yes',
  text,
  checked = false,
  required = false,
}: {
  readonly name: string
  readonly value?: string
  readonly text: HtmlValue
  readonly checked?: boolean
  readonly required?: boolean
}): Html =>
  html`<label class="check"><input${attributes({ type: 'checkbox', name, value, checked, required })}><span>${text}</span></label>`

/** The main button of a page, named by its verb. */
export const button = (
  text: HtmlValue,
  {
    kind = 'main wide',
    name,
    value,
  }: {
    readonly kind?: string | undefined
    readonly name?: string
    readonly value?: string
  } = {},
): Html =>
  html`<button class="btn ${kind}"${attributes({ name, value })}>${text}</button>`

/** What is wrong with a form, with links to its fields. It gets the focus. Nothing without errors. */
export function errorSummary(
  { texts }: Pick<PageContext, 'texts'>,
  errors: FieldErrors,
): Html | false {
  const all = Object.entries(errors).flatMap(([name, messages]) =>
    messages.map((text) => ({ name, text })),
  )
  if (all.length === 0) return false
  return html`<div class="notice bad" role="alert" tabindex="-1" autofocus aria-labelledby="errors">
<h2 id="errors">${texts.common.problem}</h2>
<ul>${all.map(({ name, text }) => html`<li>${faultOf(name, text)}</li>`)}</ul>
</div>`
}

/** A link to the field; of the form itself, the text alone. */
function faultOf(name: string, text: string): HtmlValue {
  if (name === '') return text
  return html`<a href="#${name}">${text}</a>`
}

export type Tone = 'good' | 'warn' | 'bad' | 'now'

const ROLES = { good: 'status', warn: 'alert', bad: 'alert', now: 'alert' } as const

/** A message above the content: `good` after a success, `warn` and `bad` else. */
export const notice = (
  tone: Tone,
  content: HtmlValue,
  { title, focus = false }: { readonly title?: string; readonly focus?: boolean } = {},
): Html =>
  html`<div class="notice ${tone}" role="${ROLES[tone]}"${focus && trusted(' tabindex="-1" autofocus')}>
${title !== undefined && html`<h2>${title}</h2>`}
${content}
</div>`

/** A state in a word. */
export const tag = (text: string, tone?: Tone): Html =>
  html`<span class="tag ${tone}">${text}</span>`

export const empty = (content: HtmlValue): Html =>
  html`<div class="empty flow tight">${content}</div>`

/** A secret that is shown once: a click selects all of it. */
export const secret = (text: string): Html =>
  html`<code class="secret" translate="no">${text}</code>`

/** What can do harm, behind a summary: what happens, to how many, and if it can be undone. */
export const confirmed = (summary: string, content: HtmlValue): Html =>
  html`<details>
<summary>${summary}</summary>
<div class="flow">${content}</div>
</details>`

export interface Column<Row> {
  readonly title: string
  cell(row: Row): HtmlValue
  /** A number, at the right. */
  readonly isNumber?: boolean
  /** Left out on small screens: only if the detail page has it. */
  readonly isRoomy?: boolean
}

/** A table, whose first column names the row. On small screens a row is a block. */
export function table<Row>(
  caption: HtmlValue,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  return html`<table class="stack" role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(
    (column) =>
      html`<th scope="col" role="columnheader"${classOf(column)}>${column.title}</th>`,
  )}</tr></thead>
<tbody role="rowgroup">
${rows.map((row) => html`<tr role="row">${cellsOf(columns, row)}</tr>`)}
</tbody>
</table>`
}

const classOf = <Row>({ isNumber, isRoomy }: Column<Row>): HtmlValue => {
  const names = [
    ...listIf(isNumber === true, 'num'),
    ...listIf(isRoomy === true, 'roomy'),
  ]
  return names.length > 0 && html` class="${names.join(' ')}"`
}

const cellsOf = <Row>(
  [first, ...others]: readonly Column<Row>[],
  row: Row,
): HtmlValue => [
  html`<th scope="row" role="rowheader">${first?.cell(row)}</th>`,
  ...others.map(
    (column) =>
      html`<td role="cell"${classOf(column)} data-label="${column.title}">${column.cell(row)}</td>`,
  ),
]

/** Links to the next and the previous rows of a list. Nothing if it has one page. */
export const pager = (
  { texts }: Pick<PageContext, 'texts'>,
  {
    newer,
    older,
  }: { readonly newer?: string | undefined; readonly older?: string | undefined },
): Html | false =>
  (newer !== undefined || older !== undefined) &&
  html`<nav class="row" aria-label="${texts.common.pages}">
${newer !== undefined && html`<a class="btn small" rel="prev" href="${newer}">${texts.common.newer}</a>`}
${older !== undefined && html`<a class="btn small" rel="next" href="${older}">${texts.common.older}</a>`}
</nav>`

/** Names and values of one thing. */
export const facts = (
  all: readonly (readonly [name: string, value: HtmlValue])[],
): Html =>
  html`<dl class="facts">${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`

import { ApiError } from './api.ts'

type Child = Node | string

/** An element. Texts are never read as HTML. */
export function element(
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElement {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

export const link = (href: string, text: string): HTMLElement =>
  element('a', { href }, text)

export const paragraph = (...children: readonly Child[]): HTMLElement =>
  element('p', {}, ...children)

/** A part of a page with its own heading. */
export const section = (title: string, ...children: readonly Child[]): HTMLElement =>
  element('section', {}, element('h2', {}, title), ...children)

/** Shows a page in place of the one before, and moves the focus to its heading. */
export function show(title: string, ...children: readonly Child[]): void {
  document.title = `${title} · Accounts`
  const heading = element('h1', { tabindex: '-1' }, title)
  document.querySelector('#page')?.replaceChildren(heading, ...children)
  heading.focus()
}

export interface Field {
  readonly name: string
  readonly label: string
  readonly type?: 'email' | 'password' | 'text'
  readonly autocomplete?: string
  readonly hint?: string
}

type Values = Readonly<Record<string, string>>

/** A form. `submit` gets its values; what it throws is shown beside the fields, or above the button. */
export function form(
  fields: readonly Field[],
  button: string,
  submit: (values: Values) => Promise<void>,
): HTMLElement {
  const id = `form-${++forms}`
  const alert = element('p', { class: 'error', role: 'alert' })
  const made = element(
    'form',
    { novalidate: '' },
    ...fields.map((field) => row(field, `${id}-${field.name}`)),
    alert,
    element('button', {}, button),
  ) as HTMLFormElement
  made.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (made.ariaBusy === 'true') return
    made.ariaBusy = 'true'
    showErrors(made, fields, {})
    try {
      await submit(Object.fromEntries(new FormData(made)) as Values)
    } catch (error) {
      showErrors(made, fields, errorsOf(error, fields))
    } finally {
      made.ariaBusy = 'false'
    }
  })
  return made
}
let forms = 0

function row({ name, label, type = 'text', ...more }: Field, id: string): HTMLElement {
  const { autocomplete = 'off', hint = '' } = more
  const input = element('input', {
    id,
    name,
    type,
    autocomplete,
    'aria-describedby': `${id}-hint ${id}-error`,
    required: '',
    ...(name === 'code' && { autocapitalize: 'off', spellcheck: 'false' }),
  })
  return element(
    'div',
    { class: 'row' },
    element('label', { for: id }, label),
    input,
    element('small', { id: `${id}-hint` }, hint),
    element('small', { id: `${id}-error`, class: 'error' }),
  )
}

/** Messages by field; `''` has what belongs to none. */
type Errors = Readonly<Record<string, string>>

function errorsOf(error: unknown, fields: readonly Field[]): Errors {
  if (!(error instanceof ApiError)) return { '': 'The server cannot be reached.' }
  const own = fields.filter(({ name }) => Array.isArray(error.body[name]))
  if (own.length === 0) return { '': error.message }
  return Object.fromEntries(
    own.map(({ name }) => [name, (error.body[name] as string[]).join(' ')]),
  )
}

function showErrors(
  made: HTMLFormElement,
  fields: readonly Field[],
  errors: Errors,
): void {
  const alert = made.querySelector('[role=alert]')
  if (alert !== null) alert.textContent = errors[''] ?? ''
  for (const { name } of fields) {
    const input = made.elements.namedItem(name) as HTMLInputElement
    input.ariaInvalid = String(name in errors)
    const message = made.querySelector(`#${input.id}-error`)
    if (message !== null) message.textContent = errors[name] ?? ''
  }
  made.querySelector<HTMLInputElement>('[aria-invalid=true]')?.focus()
}

/** A button outside of a form. What `act` throws is shown in its place. */
export function button(text: string, act: () => Promise<void>): HTMLElement {
  const made = element('button', { type: 'button', class: 'quiet' }, text)
  made.addEventListener('click', async () => {
    try {
      await act()
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      made.replaceWith(element('span', { class: 'error', role: 'alert' }, message))
    }
  })
  return made
}

import { AuthError } from '../../../base/errors.ts'
import { seeOther } from '../../../pages/answers.ts'
import { button, form, hidden, notice, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import { relativeTimeOf } from '../../../pages/time.ts'
import type { StoredMessage } from '../../mail/message.ts'
import { mailOptions, smsOptions } from '../../mail/options.ts'
import { type MessageHead, messageHead, wakeSender } from '../../mail/send.ts'
import type { Count, Page, Place } from '../listing.ts'
import { consoleStore } from '../store.ts'
import { listPage } from './list.ts'
import { cursorIn } from './place.ts'
import { type ConsoleHandlers, forStaff, type StaffVisit } from './staff-visit.ts'
import { countText } from './text.ts'

const PATH = '/console/outbox/'

const handlers: ConsoleHandlers = {
  async get(visit) {
    const reads = visit.core.ports(consoleStore).console
    const [page, count] = await Promise.all([
      reads.findMessages(cursorIn(visit.query)),
      reads.countMessages(),
    ])
    return outboxPage(visit, page, count)
  },
  async post(visit) {
    const id = visit.form.text('message')
    const action = visit.form.text('action')
    if (action === 'retry') await retry(id, visit)
    else if (action === 'drop') await drop(id, visit)
    else throw new AuthError('parse_error', 'the form has an unknown action')
    return seeOther(`${PATH}?done=${action}`)
  },
}

export const messages = forStaff(handlers)

/** @throws AuthError `not_found` */
async function retry(id: string, { core }: StaffVisit): Promise<void> {
  const isFound = await core.ports(consoleStore).console.retryMessage(id, core.clock())
  if (!isFound) throw new AuthError('not_found')
  await core.audit.record({ kind: 'message_retried', detail: { message: id } })
  wakeSender(core)
}

/** @throws AuthError `not_found` */
async function drop(id: string, { core }: StaffVisit): Promise<void> {
  if (!(await core.ports(consoleStore).console.dropMessage(id)))
    throw new AuthError('not_found')
  await core.audit.record({ kind: 'message_dropped', detail: { message: id } })
}

const DONE = { retry: 'The message is being sent.', drop: 'The message was dropped.' }

const outboxPage = (
  visit: StaffVisit,
  found: Page<StoredMessage, Place>,
  count: Count,
): Html =>
  listPage<StoredMessage>(visit, {
    title: 'Mail outbox',
    current: 'messages',
    path: PATH,
    noun: 'messages',
    found,
    done: DONE,
    above: html`${noSender(visit)}
<p>Mails and text messages that are not sent yet. Their texts are not shown: they have links and codes that sign in.</p>`,
    none: html`<p><strong>Nothing waits.</strong></p><p>A message is removed when the mail server has accepted it.</p>`,
    table: (rows) => messageTable(visit, rows, count),
  })

function noSender({ core }: StaffVisit): Html | false {
  const hasSender =
    core.section(mailOptions) !== undefined || core.section(smsOptions) !== undefined
  return (
    !hasSender &&
    notice(
      'warn',
      html`<p>This server sends nothing: the options <code>mail</code> and <code>sms</code> are not set.</p>`,
    )
  )
}

const CHANNELS = { mail: 'mail', sms: 'text message', none: 'placeholder' } as const

interface Row extends StoredMessage {
  readonly head: MessageHead | undefined
}

const messageTable = (
  visit: StaffVisit,
  rows: readonly StoredMessage[],
  count: Count,
): Html =>
  table<Row>(
    `${countText(count)} waiting, the next one first`,
    [
      { title: 'To', cell: ({ head }) => headText(head) },
      { title: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
      { title: 'Next attempt', cell: ({ dueAt }) => dueText(dueAt, visit.now) },
      {
        title: 'Given up',
        cell: ({ expiresAt }) => relativeTimeOf(expiresAt, visit.now),
      },
      { title: 'State', cell: stateTag },
      {
        title: 'Action',
        cell: (row) => visit.can('watchword.change') && actions(visit, row),
      },
    ],
    rows.map((row) => ({ ...row, head: messageHead(row, visit.core) })),
  )

function dueText(dueAt: number, now: number): HtmlValue {
  if (dueAt <= now) return 'now'
  return relativeTimeOf(dueAt, now)
}

function stateTag({ attempts }: Row): Html {
  if (attempts > 0) return tag('not sent yet', 'warn')
  return tag('waiting')
}

/** The recipient. A placeholder is a row for an address without an account, so that both requests take as long. */
function headText(head: MessageHead | undefined): Html {
  if (head === undefined)
    return html`unknown<small>sealed with a secret that is not configured</small>`
  if (head.channel === 'none')
    return html`no recipient<small>placeholder, is not sent</small>`
  return html`${head.to}<small>${CHANNELS[head.channel]}${head.subject !== undefined && html`: ${head.subject}`}</small>`
}

const actions = (visit: StaffVisit, row: Row): Html =>
  html`${single(visit, row, 'retry')} ${single(visit, row, 'drop')}`

const BUTTONS = {
  retry: { text: 'Send now', kind: 'small' },
  drop: { text: 'Drop', kind: 'small danger' },
} as const

function single(visit: StaffVisit, { id, head }: Row, action: 'retry' | 'drop'): Html {
  const { text, kind } = BUTTONS[action]
  const label = html`${text}<span class="seen-not"> message to ${head?.to || 'no recipient'}</span>`
  return form(
    visit,
    { action: PATH },
    html`${hidden('action', action)}${hidden('message', id)}${button(label, { kind })}`,
  )
}

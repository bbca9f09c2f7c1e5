import type { Answer } from '../../http/answer.ts'
import { type Html, type HtmlValue, html } from '../../pages/html.ts'
import { plainPage } from '../../pages/plain-page.ts'
import type { KeptMessage } from './mailbox.ts'

/** The messages of the development server in a browser, the newest first, whose links can be opened. */
export const mailboxPage = (messages: readonly KeptMessage[]): Answer =>
  plainPage(
    'Sent messages',
    html`${messages.length === 0 && html`<p>None yet: sign up, or ask for a new password.</p>`}
${messages.map(messageOf)}`,
  )

const messageOf = (message: KeptMessage): Html => html`<article>
<h2>${titleOf(message)}</h2>
<p>To ${message.to}</p>
${message.text.split('\n\n').map((part) => html`<p>${linesOf(part)}</p>`)}
<hr>
</article>`

function titleOf(message: KeptMessage): string {
  if (message.channel === 'mail') return message.subject
  return 'Text message'
}

const linesOf = (text: string): HtmlValue =>
  text.split('\n').map((line, i) => [i > 0 && html`<br>`, linkedOf(line)])

/** Addresses become links. */
const linkedOf = (line: string): HtmlValue =>
  line.split(/(https?:\/\/\S+)/).map((part, i) => {
    if (i % 2 === 0) return part
    return html`<a href="${part}">${part}</a>`
  })

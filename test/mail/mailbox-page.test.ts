import assert from 'node:assert/strict'
import { test } from 'node:test'
import { developmentMail } from '../../src/features/mail/development.ts'
import type { Mail } from '../../src/features/mail/message.ts'
import { Answer } from '../../src/http/answer.ts'
import type { AuthRequest } from '../../src/http/request.ts'

/** What `GET /dev/mail` answers a client that accepts these types. */
async function mailboxOf(
  { endpoints = [] }: ReturnType<typeof developmentMail>,
  accept: string,
): Promise<unknown> {
  const request = { header: () => accept } as unknown as AuthRequest
  const handle = endpoints[0]?.methods.GET?.handle as unknown as (
    ...call: readonly unknown[]
  ) => unknown
  const answer = await handle({}, request, {})
  if (!(answer instanceof Answer) || answer.content.kind !== 'text') return answer
  return answer.content.text
}

const BROWSER = 'text/html,application/xhtml+xml,*/*;q=0.8'

test('a browser gets the messages as a page with links, a program as JSON', async () => {
  const development = developmentMail(() => {})
  const { mail } = development.options as { mail(message: Mail): unknown }
  assert.match(String(await mailboxOf(development, BROWSER)), /None yet/)
  const message = {
    to: 'ada@example.com',
    subject: 'Confirm <your> address',
    text: 'Open it.\n\nhttps://app.example.com/activate/?token=a&b=1\n\nOnce.',
    html: '',
  }
  await mail(message)
  const page = String(await mailboxOf(development, BROWSER))
  assert.match(page, /<h2>Confirm &lt;your&gt; address<\/h2>/)
  const address = 'https://app.example.com/activate/?token=a&amp;b=1'
  assert.ok(page.includes(`<a href="${address}">${address}</a>`))
  const sent = await mailboxOf(development, '*/*')
  assert.deepEqual(sent, [{ channel: 'mail', ...message }])
})

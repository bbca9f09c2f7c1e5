import { createHmac } from 'node:crypto'
import type { Delivery, SmsSender } from './message.ts'

/** Where text messages are posted to. */
export interface SmsWebhook {
  readonly url: URL
  /** What signs the requests. */
  readonly key: Uint8Array
}

/** Milliseconds; shorter than the outbox waits for a process. */
const TIMEOUT = 15_000

/** Answers that a repeated request would get again: 400 and 422 refuse the message, 410 the endpoint (Standard Webhooks). */
const FINAL: ReadonlySet<number> = new Set([400, 410, 422])

/** Posts text messages as JSON, signed as Standard Webhooks 1.0 describes. */
export const smsWebhook =
  ({ url, key }: SmsWebhook): SmsSender =>
  async (sms, delivery) => {
    const body = JSON.stringify({ type: 'sms', timestamp: isoTime(delivery), data: sms })
    const { status, body: answered } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...signed(body, delivery, key) },
      body,
      // A message has a code: it goes to no other address.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT),
    })
    // An unread body would keep the connection open.
    await answered?.cancel().catch(() => undefined)
    if (status >= 200 && status < 300) return
    throw Object.assign(new Error(`the SMS webhook answered ${status}`), {
      permanent: FINAL.has(status),
    })
  }

const isoTime = ({ at }: Delivery): string => new Date(at * 1000).toISOString()

function signed(body: string, { id, at }: Delivery, key: Uint8Array) {
  const timestamp = Math.floor(at)
  const signature = createHmac('sha256', key)
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64')
  return {
    'webhook-id': id,
    'webhook-timestamp': `${timestamp}`,
    'webhook-signature': `v1,${signature}`,
  }
}

const SECRET = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/

/** @returns `undefined` unless it is `whsec_` and 24 to 64 bytes in base64 */
export function webhookKeyOf(secret: string): Uint8Array | undefined {
  const [, encoded = ''] = SECRET.exec(secret) ?? []
  const key = Buffer.from(encoded, 'base64')
  if (key.length >= 24 && key.length <= 64) return key
  return undefined
}

/** @returns `undefined` unless messages to it cannot be read on the way */
export function webhookUrlOf(text: string): URL | undefined {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  const isInside = url.protocol === 'http:' && LOOPBACK.test(url.hostname)
  if (url.protocol === 'https:' || isInside) return url
  return undefined
}

const LOOPBACK = /^(localhost|\[::1\]|127(\.\d+){3})$/

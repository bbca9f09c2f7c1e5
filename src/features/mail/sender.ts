import { setTimeout as sleep } from 'node:timers/promises'
import {
  after,
  type Clock,
  milliseconds,
  type Seconds,
  seconds,
  type UnixSeconds,
} from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { hexId, type Random } from '../../base/random.ts'
import { openText, sealText } from '../../keys/sealed-text.ts'
import type { JointWrite } from '../../users/joint-write.ts'
import type {
  Delivery,
  Mailer,
  Message,
  Outbox,
  SmsSender,
  StoredMessage,
} from './message.ts'

export interface SenderDeps {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The first encrypts; each decrypts. */
  readonly keys: readonly Uint8Array[]
  readonly mail: Mailer | undefined
  readonly sms: SmsSender | undefined
  /** Interval at which messages of processes that have ended are looked for. Default 10 seconds. */
  readonly interval?: Seconds
}

/** Who gets a message. The texts have links and codes, so they are not in it. */
export interface MessageHead {
  readonly channel: Message['channel']
  readonly to: string
  readonly subject: string | undefined
}

/** Sends what is in the outbox. */
export interface Sender {
  /** Puts a message into the outbox. It is sent after that, and tried again until it expires. */
  add(message: Message, lifetime: Seconds): Promise<void>
  /** Puts a message into the outbox in the transaction of another write. It is sent after the next `wake`, or some seconds later. */
  attach(message: Message, lifetime: Seconds): JointWrite
  /** The same for a message whose text is complete only after that write. */
  prepare(message: Message, lifetime: Seconds): PreparedMessage
  /** Looks for messages that are due now. */
  wake(): void
  /** Who gets a stored message, without its text; `undefined` if the secret that sealed it is not configured. */
  headOf(stored: StoredMessage): MessageHead | undefined
  /** Resolves when nothing is being sent and nothing is due. */
  idle(): Promise<void>
  /** Waits for what is being sent. The rest stays in the outbox, for the next process. */
  close(): Promise<void>
}

export interface PreparedMessage {
  /** Puts it into the outbox, to be sent in a minute. */
  readonly joint: JointWrite
  /** Sends this in its place, at once. If the process is killed before, or the store fails, the prepared one is sent. */
  send(message: Message): Promise<void>
}

/** How long a prepared message waits for what replaces it. */
const HOLD = seconds(60)

/** How long a process may take to send a message before another one tries: longer than all timeouts of a mailer. */
const LEASE = seconds(120)
const BATCH = 8
const FIRST_PAUSE = seconds(5)
const LONGEST_PAUSE = seconds(900)

export function createSender(deps: SenderDeps): Sender {
  const { outbox, clock, keys, interval = seconds(10) } = deps
  const closing = new AbortController()
  let sending: Promise<void> | undefined
  let again = false

  /** One run at a time; a message that is added during a run causes another run. */
  function wake(): void {
    again = true
    sending ??= run().finally(() => {
      sending = undefined
    })
  }

  async function run(): Promise<void> {
    while (again && !closing.signal.aborted) {
      again = false
      try {
        const hasMore = await sendDue(deps)
        // `wake` may have set it meanwhile.
        if (hasMore) again = true
      } catch (error) {
        logFailure(deps.log, 'the outbox cannot be read', error)
      }
    }
  }

  const timer = setInterval(wake, milliseconds(interval * 1000)).unref()
  wake()
  return {
    async add(message, lifetime) {
      await outbox.insert(storedMessage(message, lifetime, deps))
      wake()
    },
    attach(message, lifetime) {
      const stored = storedMessage(message, lifetime, deps)
      return (to) => outbox.insertIn(to, stored)
    },
    prepare(message, lifetime) {
      const stored = storedMessage(message, lifetime, deps)
      const { id } = stored
      return {
        joint: (to) =>
          outbox.insertIn(to, { ...stored, dueAt: after(stored.dueAt, HOLD) }),
        async send(final) {
          await outbox.replace({ id, sealed: sealed(final, id, deps), dueAt: clock() })
          wake()
        },
      }
    },
    wake,
    headOf: (stored) => headOf(stored, keys),
    async idle() {
      while (sending !== undefined) await sending
    },
    async close() {
      clearInterval(timer)
      closing.abort()
      await Promise.race([sending, sleep(CLOSE_TIMEOUT, undefined, { ref: false })])
    },
  }
}

function storedMessage(
  message: Message,
  lifetime: Seconds,
  deps: Pick<SenderDeps, 'clock' | 'random' | 'keys'>,
): StoredMessage {
  const id = hexId(deps.random)
  const now = deps.clock()
  return {
    id,
    sealed: sealed(message, id, deps),
    attempts: 0,
    dueAt: now,
    expiresAt: after(now, lifetime),
  }
}

const sealed = (
  message: Message,
  id: string,
  { keys, random }: Pick<SenderDeps, 'keys' | 'random'>,
): string => sealText(JSON.stringify(message), id, keys[0]!, random)

/** How long a stop waits for a mail server. What is not sent by then stays in the outbox. */
const CLOSE_TIMEOUT = milliseconds(2_000)

/** Sends a batch. @returns whether more may be due */
async function sendDue(deps: SenderDeps): Promise<boolean> {
  const { outbox, clock } = deps
  const due = await outbox.due(clock(), BATCH)
  await Promise.all(due.map((message) => sendClaimed(message, deps)))
  return due.length === BATCH
}

async function sendClaimed(stored: StoredMessage, deps: SenderDeps): Promise<void> {
  const { outbox, clock, log } = deps
  const now = clock()
  if (!(await outbox.claim(stored, (now + LEASE) as UnixSeconds))) return
  if (stored.expiresAt <= now) {
    log({ level: 'error', event: 'a message was not sent in time', message: stored.id })
    return outbox.delete(stored.id)
  }
  try {
    await deliver(stored, deps)
  } catch (error) {
    if (!isPermanent(error)) return postpone(stored, error, deps)
    logFailure(log, 'a message was refused and is not sent', error, stored)
  }
  await outbox.delete(stored.id)
}

async function deliver(stored: StoredMessage, deps: SenderDeps): Promise<void> {
  const { channel, ...message } = opened(stored, deps.keys)
  const delivery: Delivery = { id: stored.id, at: deps.clock() }
  if (channel === 'mail') await configured(deps.mail, 'mail')(message as never, delivery)
  if (channel === 'sms') await configured(deps.sms, 'sms')(message as never, delivery)
}

function headOf(
  stored: StoredMessage,
  keys: readonly Uint8Array[],
): MessageHead | undefined {
  if (!keys.some((key) => openText(stored.sealed, stored.id, key) !== undefined))
    return undefined
  const message = opened(stored, keys)
  const subject = message.channel === 'mail' ? message.subject : undefined
  return {
    channel: message.channel,
    to: message.channel === 'none' ? '' : message.to,
    subject,
  }
}

function opened({ id, sealed }: StoredMessage, keys: readonly Uint8Array[]): Message {
  for (const key of keys) {
    const text = openText(sealed, id, key)
    if (text !== undefined) return JSON.parse(text)
  }
  throw new Error('it was sealed with a secret that is not configured')
}

/** Another process has put the message into the outbox. */
function configured<Send>(send: Send | undefined, option: string): Send {
  if (send === undefined) throw new Error(`the option "${option}" is not set`)
  return send
}

async function postpone(
  { id, attempts }: StoredMessage,
  error: unknown,
  { outbox, clock, log }: SenderDeps,
): Promise<void> {
  const pause = Math.min(FIRST_PAUSE * 2 ** attempts, LONGEST_PAUSE)
  log({
    level: 'warn',
    event: 'a message could not be sent and is tried again',
    message: id,
    attempt: attempts + 1,
    pause,
    reason: reasonOf(error),
  })
  await outbox.postpone(id, (clock() + pause) as UnixSeconds)
}

const isPermanent = (error: unknown): boolean =>
  (error as { readonly permanent?: unknown } | undefined)?.permanent === true

function logFailure(
  log: Log,
  event: string,
  error: unknown,
  stored?: StoredMessage,
): void {
  log({
    level: 'error',
    event,
    ...(stored !== undefined && { message: stored.id }),
    reason: reasonOf(error),
  })
}

/** The first line, without what looks like an address: mail servers repeat the recipient. */
const reasonOf = (error: unknown): string =>
  String(error instanceof Error ? error.message : error)
    .replace(/[\r\n].*$/s, '')
    .replace(/[^\s<>"']+@[^\s<>"']+/g, '…')
    .slice(0, 200)

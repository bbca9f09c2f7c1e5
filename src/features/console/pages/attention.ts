import type { StoredEvent } from '../../../audit/event.ts'
import type { UnixSeconds } from '../../../base/clock.ts'
import type { Tone } from '../../../pages/components.ts'
import { type HtmlValue, html } from '../../../pages/html.ts'
import { consoleStore } from '../store.ts'
import type { StaffVisit } from './staff-visit.ts'
import { countText, plural, whenText } from './text.ts'
import { type Names, userLink } from './user-texts.ts'

/** What an operator should look at, and what to do about it. */
export interface Attention {
  readonly text: HtmlValue
  readonly advice: HtmlValue
  readonly word: string
  readonly tone: Tone
}

/** How many of one kind are shown one by one. */
const SHOWN = 3

interface Kind {
  readonly word: string
  readonly tone: Tone
  text(event: StoredEvent, user: HtmlValue): HtmlValue
  readonly advice: string
}

const KINDS: Readonly<Record<string, Kind>> = {
  reuse_detected: {
    word: 'reuse',
    tone: 'bad',
    text: (_, user) => html`A spent refresh token of ${user} came back.`,
    advice:
      'Its session was revoked. If it happens often, look for a client that keeps old tokens; once, ask the user whether a device was lost.',
  },
  refresh_ahead: {
    word: 'unknown token',
    tone: 'bad',
    text: () => 'A refresh token was presented that its session has not issued.',
    advice:
      'Was an older backup restored? If not, others may have a key: replace all keys.',
  },
  sign_in_throttled: {
    word: 'throttled',
    tone: 'warn',
    text: ({ address }, user) =>
      html`Too many wrong passwords for ${user}${address !== undefined && html` from <code>${address}</code>`}.`,
    advice: 'Further passwords are not checked for a while. Nothing has to be done.',
  },
  second_factor_failed: {
    word: 'second factor',
    tone: 'warn',
    text: (_, user) => html`Wrong second factors for ${user}.`,
    advice: 'Another person may know the password: ask the user, and set a new one.',
  },
}

/** What happened since a moment, and what waits. It costs the same at any number of events. */
export async function attentionOf(
  visit: StaffVisit,
  since: number,
): Promise<readonly Attention[]> {
  const lists = await Promise.all(
    Object.entries(KINDS).map(([kind, words]) => ofKind(kind, words, visit, since)),
  )
  return [...lists.flat(), ...(await ofOutbox(visit))]
}

async function ofKind(
  kind: string,
  words: Kind,
  visit: StaffVisit,
  since: number,
): Promise<readonly Attention[]> {
  const reads = visit.core.ports(consoleStore).console
  const filter = { kind, since: since as UnixSeconds }
  const { rows, next } = await reads.findEvents(filter, undefined, SHOWN)
  const ids = rows.flatMap(({ userId }) => userId ?? [])
  const names = await reads.findNames([...new Set(ids)])
  const link = html`<a href="/console/events/?kind=${kind}">Show the events</a>`
  return rows.map((event, index) => {
    const isLast = index === rows.length - 1
    const user = userText(event.userId, names)
    return {
      word: words.word,
      tone: words.tone,
      text: words.text(event, user),
      advice: html`${whenText(event.at, visit.now)}. ${words.advice}${isLast && html` ${next !== undefined && 'There are more. '}${link}`}`,
    }
  })
}

function userText(id: string | undefined, names: Names): HtmlValue {
  if (id === undefined) return 'an unknown user'
  return userLink(id, names)
}

/** Messages that the mail server has not accepted. */
async function ofOutbox({ core }: StaffVisit): Promise<readonly Attention[]> {
  const reads = core.ports(consoleStore).console
  const [{ rows }, count] = await Promise.all([
    reads.findMessages(),
    reads.countMessages(),
  ])
  const failing = rows.filter(({ attempts }) => attempts > 1)
  if (failing.length === 0) return []
  return [
    {
      word: 'mail',
      tone: 'warn',
      text: html`${plural(failing.length, 'message')} could not be sent so far; ${countText(count)} in the outbox.`,
      advice: html`They are tried again by themselves. The log has the answer of the mail server. <a href="/console/outbox/">Look at the outbox</a>`,
    },
  ]
}

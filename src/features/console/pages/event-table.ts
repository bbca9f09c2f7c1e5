import type { StoredEvent } from '../../../audit/event.ts'
import { ifDefined, listOf, ownMember } from '../../../base/optional.ts'
import { type Tone, table, tag } from '../../../pages/components.ts'
import { type Html, type HtmlValue, html } from '../../../pages/html.ts'
import type { StaffVisit } from './staff-visit.ts'
import { exactTimeText, NONE, valueText } from './text.ts'
import { type Names, userLink } from './user-texts.ts'

export const eventTable = (
  { now }: StaffVisit,
  rows: readonly StoredEvent[],
  names: Names,
  caption: string,
): Html =>
  table<StoredEvent>(
    caption,
    [
      { title: 'Time', cell: ({ at }) => exactTimeText(at, now) },
      { title: 'Event', cell: ({ kind }) => kindText(kind) },
      { title: 'User', cell: ({ userId }) => userLink(userId, names) },
      { title: 'Address', cell: ({ address }) => codeText(address) },
      {
        title: 'Detail',
        cell: (event) => html`<small>${detailText(event, names)}</small>`,
      },
      {
        title: 'Request',
        isRoomy: true,
        cell: ({ requestId }) =>
          codeText(ifDefined(requestId, (id) => `${id.slice(0, 8)}…`)),
      },
    ],
    rows,
  )

const codeText = (text: string | undefined): HtmlValue =>
  ifDefined(text, (code) => html`<code>${code}</code>`) ?? NONE

/** Kinds that say that something is wrong. */
const TONES: Readonly<Record<string, Tone>> = {
  reuse_detected: 'bad',
  refresh_ahead: 'bad',
  sign_in_throttled: 'warn',
  second_factor_failed: 'warn',
  keys_rotated: 'now',
  user_deleted: 'now',
}

const kindText = (kind: string): HtmlValue =>
  ifDefined(ownMember(TONES, kind), (tone) => tag(kind, tone)) ?? kind

/** The details of an event, in one line. */
function detailText({ detail, actor }: StoredEvent, names: Names): string {
  const members = Object.entries(detail).map(
    ([name, value]) => `${name}: ${listedText(value)}`,
  )
  const by = ifDefined(actor, (id) => `by ${names.get(id) ?? id}`)
  return [...listOf(by), ...members].join('; ') || NONE
}

const listedText = (value: unknown): string => [value].flat().map(valueText).join(', ')

import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import { closed, moment, named, orNull, text } from '../../http/json-schema.ts'
import type { Identity } from './identity.ts'

/** An identity as its user sees it. */
export const identityJson = (identity: Identity) => ({
  id: identity.id,
  provider: identity.provider,
  subject: identity.subject,
  email: identity.email ?? null,
  created_at: isoTime(identity.createdAt),
  last_used_at: isoTimeOrNull(identity.lastUsedAt),
})

export const IDENTITY = named(
  'Identity',
  closed({
    id: text(),
    provider: text('Its name in the option `social`.'),
    subject: text("The provider's id of the person."),
    email: orNull(text('The address that the provider named.')),
    created_at: moment('When it was connected.'),
    last_used_at: orNull(moment('When it signed in last.')),
  }),
)

import type { Core } from '../core.ts'
import type { AccountSection, AccountVisit } from '../page-hooks.ts'
import { hasSigningKeys } from './options.ts'
import { keyTexts } from './texts.ts'

/** The keys of the user, on the page of the account. */
export function keySection(visit: AccountVisit, core: Core): readonly AccountSection[] {
  if (!hasSigningKeys(core.section)) return []
  const { title, revoked } = keyTexts[visit.language]
  return [
    {
      name: 'signing-keys',
      title,
      after: 'tokens',
      content: async () => (await import('./key-list.ts')).keyList(visit, core),
      done: { signing_key_revoked: revoked },
    },
  ]
}

import type { Core } from '../core.ts'
import type { AccountSection, AccountVisit } from '../page-hooks.ts'
import { hasSocial } from './options.ts'
import { SOCIAL_TEXTS } from './texts.ts'

/** The identities of the user, on the page of the account. */
export function socialSection(
  visit: AccountVisit,
  core: Core,
): readonly AccountSection[] {
  if (!hasSocial(core.section)) return []
  const texts = SOCIAL_TEXTS[visit.language]
  return [
    {
      name: 'identities',
      title: texts.title,
      after: 'passkeys',
      content: async () => (await import('./page-parts.ts')).identityList(visit, core),
      done: {
        identity_connected: texts.connected,
        identity_disconnected: texts.disconnected,
      },
    },
  ]
}

import type { Core } from '../core.ts'
import type { AccountSection, AccountVisit } from '../page-hooks.ts'
import { applicationTexts } from './application-texts.ts'
import { hasOAuth } from './options.ts'

/** The applications that the user has let in, on the page of the account. */
export function applicationSection(
  visit: AccountVisit,
  core: Core,
): readonly AccountSection[] {
  if (!hasOAuth(core.section)) return []
  const texts = applicationTexts[visit.language]
  return [
    {
      name: 'applications',
      title: texts.title,
      after: 'sessions',
      content: async () =>
        (await import('./application-list.ts')).applicationList(visit, core),
      done: { application_disconnected: texts.disconnected },
    },
  ]
}

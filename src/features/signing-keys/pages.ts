import type { SectionReader } from '../core.ts'
import type { FeaturePage } from '../define-feature.ts'
import { defineUserPage } from '../pages/define-page.ts'
import { hasPages, pagePath } from '../pages/options.ts'
import { hasSigningKeys } from './options.ts'
import { NEW_KEY_PATH, REVOKE_KEY_PATH } from './paths.ts'

/** The pages on which users create and revoke keys; none if the option or the pages are off. */
export function signingKeyPages(section: SectionReader): readonly FeaturePage[] {
  if (!hasSigningKeys(section) || !hasPages(section)) return []
  return [
    defineUserPage({
      name: 'signingKeys.new',
      path: pagePath(section, NEW_KEY_PATH),
      load: async () => (await import('./own-keys.ts')).newKey,
    }),
    defineUserPage({
      name: 'signingKeys.revoke',
      path: pagePath(section, REVOKE_KEY_PATH),
      load: async () => (await import('./own-keys.ts')).revokeKey,
    }),
  ]
}

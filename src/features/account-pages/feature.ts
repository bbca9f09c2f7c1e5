import type { SectionReader } from '../core.ts'
import { defineFeature, type FeaturePage } from '../define-feature.ts'
import { pagePath, servesPages } from '../pages/options.ts'
import { signInPages } from './sign-in/pages.ts'

/** The pages of users: to sign in, and of the own account. */
export const accountPages = defineFeature({
  name: 'accountPages',
  pages: (section) => (servesPages(section) ? accountPagesOf(section) : []),
  errorPages: (section) =>
    servesPages(section)
      ? {
          path: pagePath(section, ''),
          answer: async (...failed) =>
            (await import('../pages/serve-page.ts')).serveError(...failed),
        }
      : undefined,
})

const accountPagesOf = (section: SectionReader): readonly FeaturePage[] =>
  signInPages(section, (below) => pagePath(section, below))

import { defineFeature } from '../define-feature.ts'
import { hasPages, pagePath } from '../pages/options.ts'
import { accountPageOptions } from './options.ts'
import { signInPages } from './sign-in/pages.ts'
import { socialPages } from './social-pages.ts'

/** The pages of users: to sign in, and of the own account. */
export const accountPages = defineFeature({
  name: 'accountPages',
  options: {
    /** Pages to sign in and of the own account: `true`, or an object. */
    pages: accountPageOptions,
  },
  pages(section, areNeeded) {
    if (!areNeeded && !hasPages(section)) return []
    const at = (below: string) => pagePath(section, below)
    return [...signInPages(section, at), ...socialPages(section, at)]
  },
  errorPages(section, areNeeded) {
    if (!areNeeded && !hasPages(section)) return undefined
    return {
      path: pagePath(section, ''),
      answer: async (...failed) =>
        (await import('../pages/serve-page.ts')).serveError(...failed),
    }
  },
})

import { hasBrowserScheme } from '../browser-sessions/scheme.ts'
import { defineFeature } from '../define-feature.ts'
import { definePageAsset } from './asset.ts'
import { hasPages, pageOptions, pagePath, pageSettings } from './options.ts'

/** What all pages share: their brand, their stylesheets and their scripts. */
export const pages = defineFeature({
  name: 'pages',
  options: {
    /** Pages to sign in and of the own account: `true`, or an object. */
    pages: pageOptions,
  },
  signInPage({ section, authentication }) {
    if (!hasPages(section) || !hasBrowserScheme(authentication)) return undefined
    return {
      path: pagePath(section, '/sign-in/'),
      redirects: pageSettings(section).redirect,
    }
  },
  development: () => ({
    options: { pages: true },
    addresses: [{ name: 'account', path: '/account/' }],
  }),
  pages(section, areNeeded) {
    if (!areNeeded && !hasPages(section)) return []
    return [definePageAsset(section)]
  },
})

import { defineFeature } from '../define-feature.ts'
import { definePageAsset } from './asset.ts'
import { pageOptions, servesPages } from './options.ts'

/** What all pages share: their brand, their stylesheets and their scripts. */
export const pages = defineFeature({
  name: 'pages',
  options: {
    /** Pages to sign in and of the own account: `true`, or an object. */
    pages: pageOptions,
  },
  development: () => ({
    options: { pages: true },
    addresses: [{ name: 'account', path: '/account/' }],
  }),
  pages: (section) => (servesPages(section) ? [definePageAsset(section)] : []),
})

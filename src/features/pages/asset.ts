import type { SectionReader } from '../core.ts'
import type { FeaturePage } from '../define-feature.ts'
import { pagePath } from './options.ts'

/** The stylesheets and scripts: `/account/assets/:file`. */
export const definePageAsset = (section: SectionReader): FeaturePage => ({
  name: 'pages.assets',
  path: pagePath(section, '/assets/:file'),
  create: (settings) => ({
    name: 'Page Assets',
    ignoresAccept: true,
    // A page needs several at once, which cost nothing.
    count: false,
    methods: {
      GET: {
        async handle(_fields, _request, { parameters }) {
          const { siteOf } = await import('./site.ts')
          return siteOf(settings).site.assets.answer(parameters.file ?? '')
        },
      },
    },
    errorAnswer: async (error, request) =>
      (await import('./serve-page.ts')).serveError(error, request, settings),
  }),
})

import { defineEndpoint, defineFeature } from '../define-feature.ts'
import { browseIndex } from './index-endpoint.ts'
import { browsableApiOptions } from './options.ts'

/** The stylesheets and the script of the pages. */
const browseAssets = defineEndpoint({
  path: { at: '/auth/browse/assets/:file/' },
  mount: (section) => section(browsableApiOptions) !== undefined,
  create: () => ({
    name: 'Browse Assets',
    ignoresAccept: true,
    count: false,
    methods: {
      GET: {
        async handle(_, __, { parameters }) {
          const { answerAsset } = await import('./assets.ts')
          return answerAsset(parameters.file ?? '')
        },
      },
    },
  }),
})

/** Pages about endpoints and guarded routes, for developers with a browser. */
export const browsableApi = defineFeature({
  name: 'browsableApi',
  options: {
    /** Pages about endpoints and guarded routes: `true` for development, or an object. */
    browsableApi: browsableApiOptions,
  },
  development: () => ({
    options: { browsableApi: true },
    addresses: [{ name: 'API', path: '/auth/browse/' }],
  }),
  endpoints: {
    /** The page of all endpoints: `/auth/browse/`. With the option `browsableApi`. */
    browseIndex,
    /** The stylesheets and the script of the pages: `/auth/browse/assets/:file/`. With the option `browsableApi`. */
    browseAssets,
  },
})

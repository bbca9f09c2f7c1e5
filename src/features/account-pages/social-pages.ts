import type { SectionReader } from '../core.ts'
import type { FeaturePage } from '../define-feature.ts'
import { definePage, defineUserPage } from '../pages/define-page.ts'
import { CALLBACK_PATH, SOCIAL_PATHS } from '../social/callback-address.ts'
import { returnedByForm } from '../social/callback-page.ts'
import { hasSocial } from '../social/options.ts'

/** The pages of signing in with others. @param at the path of a page below that of the option `pages` */
export const socialPages = (
  section: SectionReader,
  at: (below: string) => string,
): readonly FeaturePage[] => {
  if (!hasSocial(section)) return []
  return [
    definePage({
      name: 'pages.signInWith',
      path: at(SOCIAL_PATHS.signIn),
      posts: false,
      load: async () => (await import('./social.ts')).signInWith,
    }),
    defineUserPage({
      name: 'pages.connectIdentity',
      path: at(SOCIAL_PATHS.connect),
      posts: false,
      load: async () => (await import('./social.ts')).connectIdentity,
    }),
    defineUserPage({
      name: 'pages.removeIdentity',
      path: at(SOCIAL_PATHS.remove),
      load: async () => (await import('./social.ts')).removeIdentity,
    }),
    alsoByForm(
      definePage({
        name: 'pages.socialReturn',
        path: CALLBACK_PATH,
        posts: false,
        load: async () => (await import('./social.ts')).socialReturn,
      }),
    ),
  ]
}

const alsoByForm = (page: FeaturePage): FeaturePage => ({
  ...page,
  span: 'watchword.sign_in',
  create(settings, open) {
    const { methods, ...endpoint } = page.create(settings, open)
    return { ...endpoint, methods: { ...methods, POST: returnedByForm } }
  },
})

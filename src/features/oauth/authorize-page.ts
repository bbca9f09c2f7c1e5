import { listIf } from '../../base/optional.ts'
import type { SectionReader } from '../core.ts'
import type { FeaturePage } from '../define-feature.ts'
import { definePage, defineUserPage } from '../pages/define-page.ts'
import { pagePath } from '../pages/options.ts'
import { devicePath } from './device/device-options.ts'
import { DISCONNECT_PATH, logoutPath, oauthOptions } from './options.ts'

/** The pages that ask users for their consent, end it, and sign them out; none if the option is off. */
export function oauthPages(section: SectionReader): readonly FeaturePage[] {
  const settings = section(oauthOptions)
  if (settings === undefined) return []
  return [
    definePage({
      name: 'oauth.authorize',
      path: settings.authorizePath,
      showsErrorsAlone: true,
      // Applications may send their request as a form; the answer of the user has the token of the page.
      isOpen: true,
      load: async () => (await import('./authorize.ts')).authorize,
    }),
    definePage({
      name: 'oauth.logout',
      path: logoutPath(settings.authorizePath),
      showsErrorsAlone: true,
      load: async () => (await import('./logout.ts')).logout,
    }),
    defineUserPage({
      name: 'oauth.disconnect',
      path: pagePath(section, DISCONNECT_PATH),
      load: async () => (await import('./disconnect.ts')).disconnect,
    }),
    ...listIf(
      settings.device,
      defineUserPage({
        name: 'oauth.device',
        path: devicePath(settings.authorizePath),
        load: async () => (await import('./device/page.ts')).devicePage,
      }),
    ),
  ]
}

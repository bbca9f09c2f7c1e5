import { json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { requireCsrfToken } from '../../http/csrf.ts'
import { answer } from '../../http/description.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import {
  cookiesAtSignOut,
  findBrowserSessions,
  revokeBrowserSession,
} from './browser-session.ts'
import { browserSettingsIn } from './scheme.ts'

/** Signs a browser out: revokes its session and removes its cookies. The answer is the same without a session. */
export const logout = defineEndpoint({
  path: { at: '/auth/logout/' },
  mount: 'with scheme',
  span: 'watchword.sign_out',
  needs: {
    scheme:
      'endpoints.logout needs the scheme session(): add it to the option "authentication".',
    sessions:
      'session() needs stored sessions: set tokens.sessions to true, or remove session().',
  },
  create(instance, open) {
    const settings = browserSettingsIn(instance)
    return post('Logout', {
      fields: {},
      describe: () => ({
        operationId: 'logout',
        summary: 'Sign a browser out',
        answers: { 200: { ...answer('Signed out.'), headers: ['Set-Cookie'] } },
        errors: ['csrf_failed'],
      }),
      async handle(_, request) {
        // Without a session, too: an answer with cookies changes what the browser has.
        refuseCrossSite(request, settings)
        const core = await open()
        const found = await findBrowserSessions(request, settings, core)
        if (found.length > 0) {
          const secrets = found.map(({ secret }) => secret)
          await requireCsrfToken(request, secrets, settings)
          for (const each of found) await revokeBrowserSession(each, core)
        }
        return json({}, { headers: setCookies(cookiesAtSignOut(request, settings)) })
      },
    })
  },
})

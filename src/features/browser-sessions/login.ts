import { json } from '../../http/answer.ts'
import { setCookies } from '../../http/cookies.ts'
import { refuseCrossSite } from '../../http/cross-site.ts'
import { csrfTokenOf } from '../../http/csrf.ts'
import { answer } from '../../http/description.ts'
import { closed, text } from '../../http/json-schema.ts'
import { defineEndpoint, post } from '../define-feature.ts'
import { credentials } from '../tokens/credentials.ts'
import {
  cookiesAtSignIn,
  findBrowserSessions,
  openBrowserSession,
  revokeBrowserSession,
} from './browser-session.ts'
import { browserSettingsIn } from './scheme.ts'

const SIGNED_IN = closed({
  user: closed({ id: text(), username: text() }),
  csrfToken: text('For the header `X-CSRFToken` of requests that change something.'),
})

/** Signs a browser in with a password: the answer sets its cookies. */
export const login = defineEndpoint({
  path: { at: '/auth/login/' },
  mount: 'with scheme',
  span: 'watchword.sign_in',
  needs: {
    scheme:
      'endpoints.login needs the scheme session(): add it to the option "authentication".',
    sessions:
      'session() needs stored sessions: set tokens.sessions to true, or remove session().',
  },
  create({ loginField, ...instance }, open) {
    const settings = browserSettingsIn(instance)
    return post('Login', {
      fields: credentials(loginField),
      describe: () => ({
        operationId: 'login',
        summary: 'Sign a browser in with a password',
        answers: { 200: { ...answer('Signed in.', SIGNED_IN), headers: ['Set-Cookie'] } },
        errors: ['no_active_account', 'csrf_failed'],
        signsIn: true,
      }),
      async handle(fields, request) {
        // A page that signs its visitor in as another user attacks, too. Checked before anything costly.
        refuseCrossSite(request, settings)
        const core = await open()
        const previous = await findBrowserSessions(request, settings, core)
        const { [loginField]: login, password } = fields
        const account = await core.checkPassword(login, password, request)
        const secret = await core.completeSignIn(account, {
          methods: ['pwd'],
          request,
          start: (signIn) => openBrowserSession(signIn, settings, core),
        })
        for (const each of previous) await revokeBrowserSession(each, core)
        const cookies = cookiesAtSignIn(secret, request, settings)
        const { user } = account
        const body = {
          user: { id: user.id, username: user.username },
          csrfToken: csrfTokenOf(secret),
        }
        return json(body, { headers: setCookies(cookies) })
      },
    })
  },
})

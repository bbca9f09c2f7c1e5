import { AuthError } from '../../base/errors.ts'
import { consoleOptions } from '../../features/console/options.ts'
import type { SectionReader } from '../../features/core.ts'
import { pagePath } from '../../features/pages/options.ts'
import { redirect } from '../../http/answer.ts'
import type { Description } from '../../http/description.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { requireOAuth } from './endpoints.ts'

interface Moved {
  readonly path: `/${string}`
  readonly name: string
  readonly operationId: string
  /** @returns `undefined` if the page is off */
  to(section: SectionReader): string | undefined
}

/** A page of the toolkit that is another one here. */
const moved = ({ path, name, operationId, to }: Moved): PresetEndpoint =>
  definePresetEndpoint({
    path,
    create(settings) {
      requireOAuth('oauthToolkit', settings)
      const address = to(settings.section)
      return {
        name,
        ignoresAccept: true,
        count: false,
        methods: {
          GET: {
            describe: (): Description => ({
              operationId,
              summary: 'The way to the page, if it is on',
              answers: { 302: { description: 'The way to the page.' } },
              errors: ['not_found'],
            }),
            handle() {
              if (address === undefined) throw new AuthError('not_found')
              return redirect(address)
            },
          },
        },
      }
    },
  })

const consolePage =
  (path: string) =>
  (section: SectionReader): string | undefined =>
    section(consoleOptions) && path

/** `GET /applications/`: the applications in the console. */
export const applications = (): PresetEndpoint =>
  moved({
    path: '/applications/',
    name: 'Applications',
    operationId: 'oauthToolkitApplications',
    to: consolePage('/console/applications/'),
  })

/** `GET /applications/register/`: the page of the console that registers one. */
export const registration = (): PresetEndpoint =>
  moved({
    path: '/applications/register/',
    name: 'Application Registration',
    operationId: 'oauthToolkitApplicationRegistration',
    to: consolePage('/console/applications/new/'),
  })

/** `GET /authorized_tokens/`: the connected applications on the page of the account. */
export const authorizedTokens = (): PresetEndpoint =>
  moved({
    path: '/authorized_tokens/',
    name: 'Authorized Tokens',
    operationId: 'oauthToolkitAuthorizedTokens',
    to: (section) => `${pagePath(section, '/')}#applications`,
  })

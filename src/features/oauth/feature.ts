import { seconds } from '../../base/clock.ts'
import type { CommandTable } from '../../command/command.ts'
import { flush } from '../../sessions/flush.ts'
import { defineFeature } from '../define-feature.ts'
import { clientAdmin } from './admin.ts'
import { ownApplication, ownApplications } from './application-endpoints.ts'
import { applicationSection } from './application-section.ts'
import { oauthPages } from './authorize-page.ts'
import type { ClientsInstance } from './command.ts'
import { oauthDeviceAuthorization } from './device/endpoints.ts'
import {
  oauthIntrospect,
  oauthMetadata,
  oauthRevoke,
  oauthToken,
  oauthUserInfo,
  openidConfiguration,
} from './endpoints.ts'
import { applicationTokens, hasOAuth, oauthOptions } from './options.ts'
import { oauthPushedRequest } from './par/endpoints.ts'
import { resourceEndpoints } from './protected-resource/resource-endpoints.ts'
import { oauthClientConfiguration, oauthRegistration } from './registration/endpoints.ts'
import { clientStore } from './sql.ts'

const COMMANDS: CommandTable<ClientsInstance> = {
  'client create': async () => (await import('./command.ts')).clientCreate,
  'client update': async () => (await import('./command.ts')).clientUpdate,
  'client list': async () => (await import('./command.ts')).clientList,
  'client show': async () => (await import('./command.ts')).clientShow,
  'client rotate-secret': async () => (await import('./command.ts')).clientRotateSecret,
  'client disable': async () => (await import('./command.ts')).clientDisable,
  'client enable': async () => (await import('./command.ts')).clientEnable,
  'client registration-token': async () =>
    (await import('./registration/registration-command.ts')).clientRegistrationToken,
  'client delete': async () => (await import('./command.ts')).clientDelete,
}

/** OAuth 2.1 and OpenID Connect for other applications. */
export const oauth = defineFeature({
  name: 'oauth',
  options: {
    /** OAuth 2.1 and OpenID Connect for other applications: `true`, or an object. */
    oauth: oauthOptions,
  },
  tokens: applicationTokens,
  needsSignInPages: hasOAuth,
  pages: (section) => [...oauthPages(section), ...resourceEndpoints(section)],
  endpoints: {
    /** Issues tokens to applications: `/oauth/token`. Mounted with the option `oauth`. */
    oauthToken,
    /** Revokes the session of a token: `/oauth/revoke`. */
    oauthRevoke,
    /** Describes a token to the service that it is for: `/oauth/introspect`. */
    oauthIntrospect,
    /** What an application learns of the user: `/oauth/userinfo`. */
    oauthUserInfo,
    /** What applications read first: `/.well-known/oauth-authorization-server`. */
    oauthMetadata,
    /** The same for clients of OpenID Connect: `/.well-known/openid-configuration`. */
    openidConfiguration,
    /** Issues codes to devices without a browser: `/oauth/device_authorization`. Mounted with the option `oauth.device`. */
    oauthDeviceAuthorization,
    /** Registers an application that asks for it: `/oauth/register`. Mounted with the option `oauth.registration`. */
    oauthRegistration,
    /** Shows, changes and deletes what it has registered: `/oauth/register/:id`. */
    oauthClientConfiguration,
    /** Takes authorization requests in advance: `/oauth/par`. Mounted with the option `oauth`. */
    oauthPushedRequest,
    /** Lists the applications that the user has let in: `/auth/applications/`. Mounted with the option `oauth`. */
    ownApplications,
    /** Disconnects one: `/auth/applications/:id/`. */
    ownApplication,
  },
  accountSections: applicationSection,
  store: clientStore,
  commands: COMMANDS,
  events: [
    'client_created',
    'client_secret_rotated',
    'client_disabled',
    'client_enabled',
    'client_changed',
    'client_deleted',
    'client_refused',
    'consent_granted',
    'consent_revoked',
    'token_exchanged',
  ],
  admin: (open) => ({
    /** The applications that are registered. */
    clients: clientAdmin(open),
  }),
  async onOpen(core) {
    if (!hasOAuth(core.section)) return undefined
    // A wrong configuration stops the start, not the first request.
    const { requireIssuer } = await import('./issuer.ts')
    requireIssuer(core)
    const { checkSubjectKey } = await import('./pairwise/subject-key.ts')
    await checkSubjectKey(core)
    const { startLogouts } = await import('./backchannel/sender.ts')
    return startLogouts(core)
  },
  reseal: async (core) =>
    (await import('./pairwise/subject-key.ts')).resealSubjectKey(core),
  rowNames: {
    logins: 'expired sign-in of an application',
    clients: 'unused application',
  },
  async flush(core, progress) {
    const { logins } = core.ports(clientStore)
    const { deleteUnused } = await import('./registration/delete-unused.ts')
    return {
      logins: await flush(logins, core.clock(), seconds(0), progress),
      clients: await deleteUnused(core, progress),
    }
  },
})

import { isoTime, isoTimeOrNull } from '../../base/iso-time.ts'
import { empty } from '../../http/answer.ts'
import { answer, NO_CONTENT } from '../../http/description.ts'
import { guardedEndpoint } from '../../http/endpoint.ts'
import { closed, listOf, moment, named, orNull, text } from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { UserId } from '../../users/user.ts'
import { hasAllScopes, isOwner } from '../accounts/own-account.ts'
import { listsOwn } from '../accounts/own-rows.ts'
import { defineEndpoint } from '../define-feature.ts'
import { hasOAuth } from './options.ts'
import type { ConnectedApplication } from './own-applications.ts'

/** Loaded with the first request. */
const applications = () => import('./own-applications.ts')

const APPLICATION = named(
  'ConnectedApplication',
  closed({
    id: text('What `DELETE` takes: the newest session of the application.'),
    client_id: text(),
    name: text(),
    scopes: listOf(text(), 'What it may do.'),
    created_at: moment('Since when.'),
    last_used_at: orNull(moment('When it was used last.')),
  }),
)

const applicationJson = (application: ConnectedApplication) => ({
  id: application.id,
  client_id: application.clientId,
  name: application.name,
  scopes: application.scopes,
  created_at: isoTime(application.createdAt),
  last_used_at: isoTimeOrNull(application.lastUsedAt),
})

const NEEDS = {
  sessions: 'oauth needs stored sessions: set tokens.sessions to true.',
}

/** `GET /auth/applications/`: the applications that the user has let in. */
export const ownApplications = defineEndpoint({
  path: { at: '/auth/applications/' },
  mount: hasOAuth,
  needs: NEEDS,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Connected Applications',
      path: '/auth/applications/',
      requirement: hasAllScopes,
      methods: {
        GET: {
          describe: () => ({
            operationId: 'listConnectedApplications',
            summary: 'List the applications that you have let use your account',
            answers: { 200: answer('The applications.', listOf(APPLICATION)) },
          }),
          ...listsOwn(open, async (core, { user }) => {
            const { connectedApplications } = await applications()
            const all = await connectedApplications(user.id as UserId, core)
            return all.map(applicationJson)
          }),
        },
      },
    }),
})

/** `DELETE /auth/applications/:id/` */
export const ownApplication = defineEndpoint({
  path: { at: '/auth/applications/:id/' },
  mount: hasOAuth,
  needs: NEEDS,
  create: (_, open) =>
    guardedEndpoint<Principal>()({
      name: 'Connected Application',
      path: '/auth/applications/:id/',
      requirement: isOwner,
      methods: {
        DELETE: {
          describe: () => ({
            operationId: 'disconnectApplication',
            summary: 'Disconnect an application from your account',
            answers: NO_CONTENT,
            errors: ['not_found'],
          }),
          async handle(_fields, _request, { principal, parameters }) {
            const { disconnectApplication } = await applications()
            const userId = principal.user.id as UserId
            await disconnectApplication(userId, parameters.id ?? '', await open())
            return empty()
          },
        },
      },
    }),
})

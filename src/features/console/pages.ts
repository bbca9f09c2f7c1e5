import type { FeaturePage } from '../define-feature.ts'
import { definePage, defineUserPage } from '../pages/define-page.ts'

type UserPage = Parameters<typeof defineUserPage>[0]

const staffPage = (page: UserPage): FeaturePage =>
  defineUserPage({ ...page, language: 'en' })

/** The pages of the console. Each is loaded with its first request. */
export const CONSOLE_PAGES: readonly FeaturePage[] = [
  definePage({
    name: 'console.first',
    path: '/console/first/',
    language: 'en',
    load: async () => (await import('./pages/first.ts')).first,
  }),
  staffPage({
    name: 'console.overview',
    path: '/console/',
    posts: false,
    load: async () => (await import('./pages/overview.ts')).overview,
  }),
  staffPage({
    name: 'console.users',
    path: '/console/users/',
    posts: false,
    load: async () => (await import('./pages/users.ts')).users,
  }),
  staffPage({
    name: 'console.newUser',
    path: '/console/users/new/',
    load: async () => (await import('./pages/new-user.ts')).newUser,
  }),
  staffPage({
    name: 'console.userExport',
    path: '/console/users/export/',
    posts: false,
    load: async () => (await import('./pages/export.ts')).userExport,
  }),
  staffPage({
    name: 'console.user',
    path: '/console/users/:id/',
    load: async () => (await import('./pages/user.ts')).user,
  }),
  staffPage({
    name: 'console.sessions',
    path: '/console/sessions/',
    load: async () => (await import('./pages/sessions.ts')).sessions,
  }),
  staffPage({
    name: 'console.apiTokens',
    path: '/console/api-tokens/',
    load: async () => (await import('./pages/api-tokens.ts')).apiTokens,
  }),
  staffPage({
    name: 'console.keys',
    path: '/console/keys/',
    load: async () => (await import('./pages/keys.ts')).keys,
  }),
  staffPage({
    name: 'console.events',
    path: '/console/events/',
    posts: false,
    load: async () => (await import('./pages/events.ts')).events,
  }),
  staffPage({
    name: 'console.eventExport',
    path: '/console/events/export/',
    posts: false,
    load: async () => (await import('./pages/export.ts')).eventExport,
  }),
  staffPage({
    name: 'console.outbox',
    path: '/console/outbox/',
    load: async () => (await import('./pages/messages.ts')).messages,
  }),
  staffPage({
    name: 'console.explain',
    path: '/console/explain/',
    load: async () => (await import('./pages/explain.ts')).explain,
  }),
  staffPage({
    name: 'console.settings',
    path: '/console/settings/',
    posts: false,
    load: async () => (await import('./pages/settings.ts')).settings,
  }),
]

/** That of the keys of signed requests, with the option `signingKeys`. */
export const SIGNING_KEY_PAGES: readonly FeaturePage[] = [
  staffPage({
    name: 'console.signingKeys',
    path: '/console/signing-keys/',
    load: async () => (await import('./pages/signing-keys.ts')).signingKeys,
  }),
]

/** Those of the applications that are registered, with the option `oauth`. */
export const APPLICATION_PAGES: readonly FeaturePage[] = [
  staffPage({
    name: 'console.applications',
    path: '/console/applications/',
    posts: false,
    load: async () => (await import('./pages/applications.ts')).applications,
  }),
  staffPage({
    name: 'console.newApplication',
    path: '/console/applications/new/',
    load: async () => (await import('./pages/new-application.ts')).newApplication,
  }),
  staffPage({
    name: 'console.application',
    path: '/console/applications/show/',
    load: async () => (await import('./pages/application.ts')).application,
  }),
  staffPage({
    name: 'console.editApplication',
    path: '/console/applications/edit/',
    load: async () => (await import('./pages/edit-application.ts')).editApplication,
  }),
]

import type { FeaturePage } from '../define-feature.ts'
import { defineUserPage } from '../pages/define-page.ts'

/** The pages of the console. Each is loaded with its first request. */
export const CONSOLE_PAGES: readonly FeaturePage[] = [
  defineUserPage({
    name: 'console.overview',
    path: '/console/',
    posts: false,
    load: async () => (await import('./pages/overview.ts')).overview,
  }),
  defineUserPage({
    name: 'console.users',
    path: '/console/users/',
    posts: false,
    load: async () => (await import('./pages/users.ts')).users,
  }),
  defineUserPage({
    name: 'console.newUser',
    path: '/console/users/new/',
    load: async () => (await import('./pages/new-user.ts')).newUser,
  }),
  defineUserPage({
    name: 'console.user',
    path: '/console/users/:id/',
    load: async () => (await import('./pages/user.ts')).user,
  }),
  defineUserPage({
    name: 'console.sessions',
    path: '/console/sessions/',
    load: async () => (await import('./pages/sessions.ts')).sessions,
  }),
  defineUserPage({
    name: 'console.apiTokens',
    path: '/console/api-tokens/',
    load: async () => (await import('./pages/api-tokens.ts')).apiTokens,
  }),
  defineUserPage({
    name: 'console.keys',
    path: '/console/keys/',
    load: async () => (await import('./pages/keys.ts')).keys,
  }),
  defineUserPage({
    name: 'console.events',
    path: '/console/events/',
    posts: false,
    load: async () => (await import('./pages/events.ts')).events,
  }),
  defineUserPage({
    name: 'console.eventExport',
    path: '/console/events/export/',
    posts: false,
    load: async () => (await import('./pages/export.ts')).eventExport,
  }),
  defineUserPage({
    name: 'console.outbox',
    path: '/console/outbox/',
    load: async () => (await import('./pages/messages.ts')).messages,
  }),
  defineUserPage({
    name: 'console.explain',
    path: '/console/explain/',
    load: async () => (await import('./pages/explain.ts')).explain,
  }),
  defineUserPage({
    name: 'console.settings',
    path: '/console/settings/',
    posts: false,
    load: async () => (await import('./pages/settings.ts')).settings,
  }),
]

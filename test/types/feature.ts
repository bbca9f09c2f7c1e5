import { post } from '../../src/features/define-feature.ts'
import { allowAny, isAuthenticated } from '../../src/permissions/index.ts'

post('Guarded', {
  requirement: isAuthenticated,
  fields: { note: { trim: true } },
  handle: ({ note }, _, { principal }) => ({ note, by: principal.user.id }),
})
post('Public', {
  fields: { note: { trim: true } },
  handle: ({ note }) => ({ note }),
})
post('Public', {
  // @ts-expect-error a public endpoint has no principal
  handle: (_, __, { principal }) => ({ by: principal.user.id }),
})
// @ts-expect-error a requirement requires a sign-in
post('Anyone', { requirement: allowAny, handle: () => ({}) })

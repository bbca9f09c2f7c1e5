import { empty, json } from '../../http/answer.ts'
import { NO_CONTENT } from '../../http/description.ts'
import { guardedEndpoint, type MethodHandler } from '../../http/endpoint.ts'
import type { Principal } from '../../permissions/permission.ts'
import type { Core, OpenCore } from '../core.ts'
import { defineEndpoint, type Need } from '../define-feature.ts'
import { hasAllScopes, isOwner } from './own-account.ts'
import { hasAccounts } from './settings.ts'

/** A method that lists rows of the user who is signed in. */
export const listsOwn = (
  open: OpenCore,
  list: (core: Core, principal: Principal) => Promise<readonly object[]>,
): MethodHandler<never, Principal> => ({
  async handle(_fields, _request, { principal }) {
    return json(await list(await open(), principal))
  },
})

/** `DELETE PATH`, whose parameter is `:id`: removes one row of the user who is signed in. */
export const ownRowEndpoint = ({
  name,
  path,
  needs = {},
  operationId,
  summary,
  remove,
}: {
  readonly name: string
  readonly path: string
  readonly needs?: Readonly<Partial<Record<Need, string>>>
  readonly operationId: string
  readonly summary: string
  remove(core: Core, row: { readonly userId: string; readonly id: string }): Promise<void>
}) =>
  defineEndpoint({
    path: { at: path },
    mount: hasAccounts,
    needs,
    create: (_, open) =>
      guardedEndpoint<Principal>()({
        name,
        path,
        requirement: hasAllScopes,
        methods: {
          DELETE: {
            requirement: isOwner,
            describe: () => ({
              operationId,
              summary,
              answers: NO_CONTENT,
              errors: ['not_found'],
            }),
            async handle(_fields, _request, { principal, parameters }) {
              const { id = '' } = parameters
              await remove(await open(), { userId: principal.user.id, id })
              return empty()
            },
          },
        },
      }),
  })

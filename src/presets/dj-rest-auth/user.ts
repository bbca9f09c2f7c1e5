import { changeOwnUser } from '../../features/accounts/me.ts'
import { hasAllScopes, ownAccount } from '../../features/accounts/own-account.ts'
import type { OpenCore } from '../../features/core.ts'
import { answer, type Description, schemaOfFields } from '../../http/description.ts'
import type { MethodHandler } from '../../http/endpoint.ts'
import type { Field } from '../../http/fields.ts'
import type { JsonSchema } from '../../http/json-schema.ts'
import type { Principal } from '../../permissions/permission.ts'
import { definePresetEndpoint, type PresetEndpoint } from '../define-preset.ts'
import { type PresetParts, userBody, userBodySchema } from './answer.ts'

const NAME: Field = { trim: true, maxBytes: 150 }
const OTHERS: Field = { ...NAME, optional: true, allowBlank: true }

/** `GET`, `PUT`, `PATCH user/` */
export const user = (parts: PresetParts): PresetEndpoint =>
  definePresetEndpoint({
    path: '/user/',
    create: (_, open) => ({
      name: 'User Details',
      requirement: hasAllScopes,
      methods: {
        GET: {
          describe: () => shows('djRestAuthShowUser', 'Show your user', parts),
          async handle(_fields, _request, { principal }) {
            const core = await open()
            const { user } = await ownAccount((principal as Principal).user.id, core)
            return userBody(user, parts.settings)
          },
        },
        PUT: {
          ...changes(NAME, parts, open),
          describe: () => ({
            ...shows('djRestAuthReplaceUser', 'Replace your user', parts),
            body: bodyWith(NAME),
          }),
        },
        PATCH: {
          ...changes({ ...NAME, optional: true }, parts, open),
          describe: () => ({
            ...shows('djRestAuthChangeUser', 'Change your user', parts),
            body: bodyWith({ ...NAME, optional: true }),
          }),
        },
      },
    }),
  })

const shows = (
  operationId: string,
  summary: string,
  { settings }: PresetParts,
): Description => ({
  operationId,
  summary,
  answers: { 200: answer('The user.', userBodySchema(settings)) },
})

const bodyWith = (username: Field): JsonSchema =>
  schemaOfFields({ username, first_name: OTHERS, last_name: OTHERS })

const changes = (
  username: Field,
  { settings }: PresetParts,
  open: OpenCore,
): MethodHandler<string> => ({
  fields: { username, first_name: OTHERS, last_name: OTHERS },
  async handle({ username: name, ...fields }, _request, { principal }) {
    const core = await open()
    const { user } = await ownAccount((principal as Principal).user.id, core)
    const changed = await changeOwnUser(user, { username: name, fields }, core)
    return userBody(changed, settings)
  },
})

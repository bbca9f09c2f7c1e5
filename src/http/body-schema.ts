import { type Description, schemaOfFields } from './description.ts'
import type { MethodHandler } from './endpoint.ts'
import type { JsonSchema } from './json-schema.ts'

/** @returns `undefined` if no body is read, or nothing in it has a meaning */
export function bodySchemaOf(
  { fields }: Pick<MethodHandler<string>, 'fields'>,
  { body }: Pick<Description, 'body'>,
): JsonSchema | undefined {
  if (typeof fields !== 'object' || Object.keys(fields).length === 0) return body
  const own = schemaOfFields(fields)
  if (body === undefined) return own
  return joined(own, body)
}

/** Two objects as one. */
function joined(one: JsonSchema, other: JsonSchema): JsonSchema {
  const required = [one.required ?? [], other.required ?? []].flat()
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: { ...(one.properties as object), ...(other.properties as object) },
  }
}

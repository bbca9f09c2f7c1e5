import { bodySchemaOf } from '../http/body-schema.ts'
import type { Endpoint } from '../http/endpoint.ts'
import type { JsonSchema } from '../http/json-schema.ts'

/** As in Django REST framework, whose metadata name no other methods. */
const ACTIONS = ['POST', 'PUT'] as const

/** What OPTIONS says of an endpoint besides its name and its media types, in the shape of Django REST framework's metadata. */
export function actionsOf({ methods }: Endpoint): object {
  const descriptions = Object.values(methods).flatMap((each) => each.describe?.() ?? [])
  const description = descriptions.map((each) => each.summary).join('\n')
  const actions = ACTIONS.flatMap((method) => {
    const handler = methods[method]
    const described = handler?.describe?.()
    // Requirements of one method are not known to the caller, whom the guard of the endpoint has admitted.
    if (handler === undefined || described === undefined || hasOwnAccess(handler))
      return []
    const body = bodySchemaOf(handler, described)
    if (body === undefined) return []
    return [[method, fieldsOf(body)] as const]
  })
  return {
    description,
    ...(actions.length > 0 && { actions: Object.fromEntries(actions) }),
  }
}

const hasOwnAccess = ({
  authentication,
  requirement,
}:
  | Endpoint
  | (object & {
      readonly authentication?: unknown
      readonly requirement?: unknown
    })): boolean => authentication !== undefined || requirement !== undefined

/** Of alternatives all fields, which are required if each has them. */
function fieldsOf(body: JsonSchema): object {
  const bodies = (body.anyOf ?? [body]) as readonly JsonSchema[]
  const properties: Readonly<Record<string, JsonSchema>> = Object.assign(
    {},
    ...bodies.map((each) => each.properties),
  )
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      metadataOf(
        name,
        schema,
        bodies.every((each) => requires(each, name)),
      ),
    ]),
  )
}

const requires = ({ required = [] }: JsonSchema, name: string): boolean =>
  (required as readonly string[]).includes(name)

const metadataOf = (name: string, schema: JsonSchema, required: boolean): object => ({
  type: typeOf(schema),
  required,
  read_only: false,
  label: labelOf(name),
  ...(schema.description !== undefined && { help_text: schema.description }),
  ...(schema.writeOnly === true && { write_only: true }),
})

/** `current_password` is `Current password`. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function typeOf({ type, format }: JsonSchema): string {
  if (format === 'email' || format === 'date') return format
  const [first] = [type].flat()
  switch (first) {
    case 'array':
      return 'list'
    case 'object':
      return 'nested object'
    case 'number':
      return 'float'
    default:
      return typeof first === 'string' ? first : 'field'
  }
}

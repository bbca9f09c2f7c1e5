import type { JsonSchema } from '../../http/json-schema.ts'

/** Values of examples by the name of their member: complete, and obviously not real. */
const BY_NAME: Readonly<Record<string, string>> = {
  username: 'ada',
  email: 'ada@example.com',
  phone: '+491700000000',
  access: '<access token>',
  refresh: '<refresh token>',
  token: '<token>',
  code: '<code>',
  ticket: '<ticket>',
  csrfToken: '<CSRF token>',
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2030-01-01T00:00:00Z',
  date: '2030-01-01',
  email: 'ada@example.com',
  password: '<password>',
  uri: 'https://app.example.com/',
}

/** 2030-01-01. */
const MOMENT = 1_893_456_000

/** An example of a value that a schema describes. @param name of the member that has it */
export function exampleOf(schema: JsonSchema, name = ''): unknown {
  const { type, enum: values, anyOf } = schema as Readonly<Record<string, unknown>>
  if (Array.isArray(values)) return values[0]
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as JsonSchema, name)
  const [first] = [type].flat()
  switch (first) {
    case 'object':
      return objectExample(schema)
    case 'array':
      return [exampleOf((schema.items ?? {}) as JsonSchema, name)]
    case 'number':
    case 'integer':
      return MOMENT
    case 'boolean':
      return true
    default:
      return textExample(schema, name)
  }
}

const objectExample = ({ properties, additionalProperties }: JsonSchema): object => {
  if (properties === undefined && typeof additionalProperties === 'object')
    return { field: exampleOf(additionalProperties as JsonSchema) }
  const entries = Object.entries((properties ?? {}) as Record<string, JsonSchema>)
  return Object.fromEntries(entries.map(([key, each]) => [key, exampleOf(each, key)]))
}

function textExample({ format, pattern }: JsonSchema, name: string): string {
  if (typeof pattern === 'string') return pattern.includes('\\d') ? '0' : 'AAAA'
  return BY_FORMAT[String(format)] ?? BY_NAME[name] ?? `<${name || 'text'}>`
}

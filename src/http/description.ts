import type { ErrorCode } from '../base/errors.ts'
import type { Field, Fields } from './fields.ts'
import { EMPTY, type JsonSchema, members } from './json-schema.ts'

/** What one method of an endpoint takes and answers: for OpenAPI, and for the forms of the browsable API. */
export interface Description {
  /** In camel case and unique: generated clients name their functions by it, so it stays. */
  readonly operationId: string
  /** One line. */
  readonly summary: string
  readonly description?: string
  /** Members of the body besides the text fields; if `fields` is a function, all of them. */
  readonly body?: JsonSchema
  /** The media types of the body, if not those of every endpoint. */
  readonly mediaTypes?: readonly string[]
  /** The parameters of the query; each may be left out. */
  readonly query?: Readonly<Record<string, JsonSchema>>
  /** By status. An error is listed here only if its body has a form of its own. */
  readonly answers: Answers
  /** Besides the errors that every endpoint with fields, a guard or a throttle has. */
  readonly errors?: readonly ErrorCode[]
  /** It signs in: what stops a sign-in, such as a second factor, is among its errors. */
  readonly signsIn?: boolean
}

export type Answers = Readonly<Record<number, DescribedAnswer>> & {
  /** For every other status: if a function of the application answers. */
  readonly default?: DescribedAnswer
}

export interface DescribedAnswer {
  readonly description: string
  /** Of its body. Default: it has none. */
  readonly schema?: JsonSchema
  /** Default: JSON. */
  readonly mediaType?: string
  /** Headers that it has besides those of every answer. */
  readonly headers?: readonly 'Set-Cookie'[]
}

export const answer = (
  description: string,
  schema: JsonSchema = EMPTY,
): DescribedAnswer => ({ description, schema })

/** The answer to what is done later, or in any case, such as a mail. */
export const ACCEPTED: Answers = {
  202: answer('Accepted. The answer is the same whether or not a message is sent.'),
}

export const NO_CONTENT: Answers = { 204: { description: 'Done.' } }

/** A body of text fields as a JSON Schema. */
export function schemaOfFields(fields: Fields): JsonSchema {
  const entries = Object.entries(fields)
  const required = entries.filter(([, { optional = false }]) => !optional)
  return members(
    Object.fromEntries(entries.map(([name, field]) => [name, schemaOfField(field)])),
    required.map(([name]) => name),
  )
}

const schemaOfField = ({ allowBlank, description, format }: Field): JsonSchema => ({
  type: 'string',
  ...(description !== undefined && { description }),
  ...(format !== undefined && { format }),
  ...(format === 'password' && { writeOnly: true }),
  ...(allowBlank !== true && { minLength: 1 }),
})

/** A body that has the fields of one of the lists. */
export const oneOfFields = (...alternatives: readonly Fields[]): JsonSchema => {
  const [first, ...others] = alternatives.map(schemaOfFields)
  if (others.length === 0) return first ?? members({})
  return { anyOf: [first, ...others] }
}

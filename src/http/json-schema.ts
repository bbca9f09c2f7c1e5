/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 uses. One with a `title` is listed by it, and referred to where it is used. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

export type Properties = Readonly<Record<string, JsonSchema>>

export const text = (description?: string, more: JsonSchema = {}): JsonSchema => ({
  type: 'string',
  ...(description !== undefined && { description }),
  ...more,
})

export const flag = (description?: string): JsonSchema => ({
  type: 'boolean',
  ...(description !== undefined && { description }),
})

/** Seconds since 1970. */
export const seconds = (description: string): JsonSchema => ({
  type: 'number',
  description: `${description} In seconds since 1970.`,
})

/** A moment as ISO 8601 writes it. */
export const moment = (description: string): JsonSchema =>
  text(description, { format: 'date-time' })

export const listOf = (items: JsonSchema, description?: string): JsonSchema => ({
  type: 'array',
  items,
  ...(description !== undefined && { description }),
})

/** The same, or null. */
export const orNull = (schema: JsonSchema): JsonSchema => ({
  ...schema,
  type: [schema.type, 'null'],
})

/** An object of an answer: it has no other members. @param optional names of members that it may lack */
export const closed = (
  properties: Properties,
  optional: readonly string[] = [],
): JsonSchema => {
  const required = Object.keys(properties).filter((name) => !optional.includes(name))
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties,
    additionalProperties: false,
  }
}

/** A schema that is listed by a name. */
export const named = (title: string, schema: JsonSchema): JsonSchema => ({
  title,
  ...schema,
})

/** An object of a body: others than these members are ignored. */
export const members = (
  properties: Properties,
  required: readonly string[] = [],
): JsonSchema => ({
  type: 'object',
  ...(required.length > 0 && { required }),
  properties,
})

/** An object without members. */
export const EMPTY: JsonSchema = closed({})

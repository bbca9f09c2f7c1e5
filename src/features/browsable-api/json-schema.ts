import * as z from 'zod/mini'
import type { DescribedSchema } from '../../guard/route-description.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

const CONVERTED = new WeakMap<object, JsonSchema>()

/** A schema as JSON Schema: converted once. What has no such form, such as a date, is left open. */
export function jsonSchemaOf(schema: DescribedSchema): JsonSchema {
  const known = CONVERTED.get(schema)
  if (known !== undefined) return known
  const converted = convertedFrom(schema)
  CONVERTED.set(schema, converted)
  return converted
}

function convertedFrom(schema: DescribedSchema): JsonSchema {
  if (!isZod(schema)) return schema
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
}

const isZod = (schema: DescribedSchema): schema is z.core.$ZodType => '_zod' in schema

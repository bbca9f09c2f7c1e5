import type * as z from 'zod/mini'
import { madeSchema } from '../schema/shapes.ts'

interface Definition {
  readonly innerType?: Schema
  readonly in?: Schema
  readonly shape?: Readonly<Record<string, Schema>>
  readonly options?: readonly Schema[]
}

type Schema = { readonly _zod: { readonly def: object } }

/** The paths of the options of a schema, sections included: `tokens`, `tokens.access`. */
export const knownOptions = (schema: z.ZodMiniObject): readonly string[] =>
  pathsIn(schema, '')

function pathsIn(schema: Schema, prefix: string): readonly string[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, member]) => [
    prefix + name,
    ...pathsIn(member, `${prefix}${name}.`),
  ])
}

/** The members of an object schema, also if it has a default or a transform, or is one form of several. */
function shapeOf(schema: Schema): Definition['shape'] {
  const { def } = madeSchema(schema)._zod
  const { shape, innerType, in: input, options = [] } = def as Definition
  if (shape !== undefined) return shape
  for (const option of options) {
    const members = shapeOf(option)
    if (members !== undefined) return members
  }
  const inner = innerType ?? input
  if (inner === undefined) return undefined
  return shapeOf(inner)
}

import type { JsonSchema } from '../../http/json-schema.ts'

/** What several operations refer to, by name. */
export class Components {
  readonly schemas = new Map<string, JsonSchema>()
  readonly responses = new Map<string, object>()
  readonly headers = new Map<string, object>()
  readonly securitySchemes = new Map<string, object>()

  /** A schema in which each that has a title is a reference. */
  schema(schema: JsonSchema): JsonSchema {
    const { title, ...rest } = schema
    const inner = mapped(rest, (each) => this.schema(each as JsonSchema))
    if (typeof title !== 'string') return inner
    return reference('schemas', added(this.schemas, title, inner))
  }

  /** The same, listed by a name. */
  namedSchema(name: string, schema: JsonSchema): JsonSchema {
    if ('$ref' in schema) return this.schema(schema)
    return this.schema({ title: name, ...schema })
  }

  /** @param name of a header of answers */
  header(name: string, header: object): JsonSchema {
    this.headers.set(name, header)
    return reference('headers', name)
  }

  response(name: string, create: () => object): JsonSchema {
    if (!this.responses.has(name)) this.responses.set(name, create())
    return reference('responses', name)
  }

  /** @returns its name in the document: another of two that have the same one */
  securityScheme(name: string, scheme: object): string {
    return added(this.securitySchemes, name, scheme)
  }

  /** Sorted: their order does not depend on that of the endpoints. */
  toJSON(): object {
    const sections = Object.entries({
      schemas: this.schemas,
      responses: this.responses,
      headers: this.headers,
      securitySchemes: this.securitySchemes,
    })
    return Object.fromEntries(
      sections
        .filter(([, entries]) => entries.size > 0)
        .map(([name, entries]) => [name, Object.fromEntries([...entries].sort(byName))]),
    )
  }
}

const byName = ([one]: [string, object], [other]: [string, object]): number =>
  one < other ? -1 : 1

const reference = (section: string, name: string): JsonSchema => ({
  $ref: `#/components/${section}/${name}`,
})

/** @returns the name under which it stands */
function added(entries: Map<string, object>, name: string, value: object): string {
  const text = JSON.stringify(value)
  for (let free = name, number = 2; ; free = `${name}${number++}`) {
    const found = entries.get(free)
    if (found === undefined) entries.set(free, value)
    if (found === undefined || JSON.stringify(found) === text) return free
  }
}

/** Members whose values are not schemas, though they may look like some. */
const VALUES: ReadonlySet<string> = new Set(['enum', 'example', 'examples', 'default'])

/** A schema in which each schema that is a part of it is mapped. */
const mapped = (schema: JsonSchema, map: MapSchema): JsonSchema =>
  Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, mappedMember(name, value, map)]),
  )

type MapSchema = (schema: object) => object

function mappedMember(name: string, value: unknown, map: MapSchema): unknown {
  if (VALUES.has(name)) return value
  // Its members are schemas by name.
  if (name === 'properties') return mappedValues(value as object, map)
  return mappedPart(value, map)
}

const mappedValues = (properties: object, map: MapSchema): object =>
  Object.fromEntries(
    Object.entries(properties).map(([name, each]) => [name, mappedPart(each, map)]),
  )

function mappedPart(value: unknown, map: MapSchema): unknown {
  if (Array.isArray(value)) return value.map((each) => mappedPart(each, map))
  if (typeof value !== 'object' || value === null) return value
  return map(value)
}

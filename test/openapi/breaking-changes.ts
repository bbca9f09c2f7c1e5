type Json = Readonly<Record<string, unknown>>

/** An OpenAPI document, as far as clients made from it depend on it. */
export interface ComparedDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>
  readonly components: Readonly<Record<string, Readonly<Record<string, Json>>>>
}

/** What breaks clients of the former document: removed paths, methods, statuses and members, other types, and fields that are required. */
export function breakingChanges(
  former: ComparedDocument,
  current: ComparedDocument,
): readonly string[] {
  const found: string[] = []
  for (const [path, item] of Object.entries(former.paths))
    for (const [method, operation] of Object.entries(item)) {
      if (method === 'parameters') continue
      const now = current.paths[path]?.[method]
      const at = `${method.toUpperCase()} ${path}`
      if (now === undefined) found.push(`${at} is gone`)
      else found.push(...changesOf(at, [operation, former], [now, current]))
    }
  return found
}

type In = readonly [value: unknown, document: ComparedDocument]

function changesOf(at: string, former: In, current: In): readonly string[] {
  const [was, now] = [former[0], current[0]] as readonly Json[]
  if (was?.operationId !== now?.operationId)
    return [`${at} is called ${now?.operationId}`]
  const found = Object.entries((was?.responses ?? {}) as Json).flatMap(
    ([status, each]) => {
      const other = ((now?.responses ?? {}) as Json)[status]
      if (other === undefined) return [`${at} does not answer ${status}`]
      const one = schemaOf(resolved(each, former[1]))
      return answerChanges(
        `${at} ${status}`,
        [one, former[1]],
        [schemaOf(resolved(other, current[1])), current[1]],
      )
    },
  )
  return [
    ...found,
    ...bodyChanges(
      at,
      [schemaOf((was?.requestBody ?? {}) as Json), former[1]],
      [schemaOf((now?.requestBody ?? {}) as Json), current[1]],
    ),
  ]
}

const schemaOf = ({ content }: Json): unknown =>
  Object.values((content ?? {}) as Readonly<Record<string, Json>>)[0]?.schema

/** The value that a reference stands for. */
function resolved(value: unknown, { components }: ComparedDocument): Json {
  const json = (value ?? {}) as Json
  if (typeof json.$ref !== 'string') return json
  const [section = '', name = ''] = json.$ref.split('/').slice(2)
  return components[section]?.[name] ?? {}
}

const propertiesOf = ({ properties }: Json): Json => (properties ?? {}) as Json
const requiredOf = ({ required }: Json): readonly string[] =>
  (required ?? []) as readonly string[]

/** Members of an answer may be added, but not removed or changed. */
function answerChanges(at: string, former: In, current: In): readonly string[] {
  const was = resolved(...former)
  const now = resolved(...current)
  if (JSON.stringify(was.type) !== JSON.stringify(now.type))
    return [`${at} has the type ${now.type}`]
  return Object.entries(propertiesOf(was)).flatMap(([name, each]) => {
    const other = propertiesOf(now)[name]
    if (other === undefined) return [`${at} has no ${name}`]
    return answerChanges(`${at}.${name}`, [each, former[1]], [other, current[1]])
  })
}

/** Fields of a body may be added, but none may become required. */
function bodyChanges(at: string, former: In, current: In): readonly string[] {
  const was = requiredOf(resolved(...former))
  const now = requiredOf(resolved(...current))
  return now.filter((name) => !was.includes(name)).map((name) => `${at} requires ${name}`)
}

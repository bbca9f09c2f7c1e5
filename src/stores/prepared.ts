import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely'

/** A placeholder in a compiled query for a value that is passed to each run. */
class Parameter {
  readonly name: PropertyKey
  constructor(name: PropertyKey) {
    this.name = name
  }
}

/** Returns a `Parameter` for any property name. */
const PARAMETERS = new Proxy({}, { get: (_, name) => new Parameter(name) })

/**
 * Compiles a query once, since that takes longer than running it.
 *
 * @param build the query, with the members of its argument in place of values
 * @returns runs the query; a value that is `undefined` is written as null
 */
export function prepared<Values extends object, Row>(
  db: Pick<Kysely<never>, 'executeQuery'>,
  build: (values: Values) => Compilable<Row>,
): (values: Values) => Promise<QueryResult<Row>> {
  let compiled: CompiledQuery<Row> | undefined
  return (values) => {
    // Kysely takes a parameter wherever it takes a value.
    compiled ??= build(PARAMETERS as Values).compile()
    const parameters = compiled.parameters.map((each) => argumentOf(each, values))
    return db.executeQuery({ ...compiled, parameters })
  }
}

function argumentOf(parameter: unknown, values: object): unknown {
  if (!(parameter instanceof Parameter)) return parameter
  return Reflect.get(values, parameter.name) ?? null
}

import type { Compilable, CompiledQuery, Kysely, QueryResult } from 'kysely'

/** Stands in a query for a value that each run brings. */
class Placeholder {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Every name gives its placeholder. It has the value's type, since a query takes it in the value's place. */
const placeholders = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) })

/**
 * A query that is built and compiled once, which takes longer than running it, and then run with values.
 *
 * @param build the query, its values named as members of its argument; `undefined` is written as null
 */
export function prepared<Values extends object, Row>(
  db: Pick<Kysely<never>, 'executeQuery'>,
  build: (its: Values) => Compilable<Row>,
): (values: Values) => Promise<QueryResult<Row>> {
  let query: CompiledQuery | undefined
  return (values) => {
    query ??= build(placeholders as Values).compile()
    const parameters = query.parameters.map((parameter) =>
      parameter instanceof Placeholder
        ? (values[parameter.name as keyof Values] ?? null)
        : parameter,
    )
    const { sql, queryId, query: node } = query
    return db.executeQuery<Row>({
      sql,
      queryId,
      query: node,
      parameters,
    } as CompiledQuery<Row>)
  }
}

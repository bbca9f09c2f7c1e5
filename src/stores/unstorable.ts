import {
  type CompiledQuery,
  DeleteQueryNode,
  type QueryResult,
  SelectQueryNode,
} from 'kysely'
import { AuthError } from '../base/errors.ts'

/**
 * The result of a query one of whose strings no database stores alike (see `isStorable`): no row holds it, so that none is found.
 *
 * @throws AuthError `invalid` if it would be written
 */
export function withUnstorable<Row>({
  query,
}: Pick<CompiledQuery, 'query'>): QueryResult<Row> {
  if (SelectQueryNode.is(query)) return { rows: [] }
  if (DeleteQueryNode.is(query)) return { rows: [], numAffectedRows: 0n }
  throw new AuthError('invalid', 'a string contains NUL or a lone surrogate', {
    detail: 'Null characters and lone surrogates are not allowed.',
  })
}

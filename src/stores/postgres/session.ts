import type { ClientBase } from 'pg'
import { storeUnavailable } from './errors.ts'

/**
 * What is set on each connection, whatever the server's or the role's defaults are: by a statement, since poolers refuse it in
 * the address. Milliseconds. Waiting for a lock ends before the statement does, and that before it is given up here.
 */
const SETTINGS = {
  default_transaction_isolation: 'read committed',
  lock_timeout: '2000',
  statement_timeout: '4000',
  idle_in_transaction_session_timeout: '10000',
}

const SET = `select ${Object.entries(SETTINGS).map(([name, value]) => `set_config('${name}', '${value}', false)`)},
  case current_setting('synchronous_commit') when 'off' then set_config('synchronous_commit', 'on', false) end`

const CHECK = `select pg_is_in_recovery() as standby, current_setting('transaction_read_only') as read_only,
  current_setting('transaction_isolation') as isolation, current_setting('synchronous_commit') as durability`

interface State {
  readonly standby: boolean
  readonly read_only: 'on' | 'off'
  readonly isolation: string
  readonly durability: string
}

/**
 * Makes a new connection one that decisions can be made on: the primary's, where a commit is on disk when it is answered and
 * a statement sees what is committed.
 *
 * @throws AuthError `store_unavailable`
 */
export async function prepareSession(client: ClientBase): Promise<void> {
  await client.query(SET)
  const [state] = (await client.query<State>(CHECK)).rows
  // A standby lags behind: an honest repetition would look like a theft there.
  if (state?.standby !== false || state.read_only === 'on')
    throw storeUnavailable('the server is a standby, or only reads')
  if (state.isolation !== 'read committed')
    throw storeUnavailable(`transactions are ${state.isolation} there`)
  if (state.durability === 'off')
    throw storeUnavailable('the server does not wait for its disk')
}

import type { ClientBase } from 'pg'
import { storeUnavailable } from './errors.ts'

/**
 * Set on each connection, since the defaults of the server and the role vary; by a statement, since poolers refuse settings in
 * the address. Times are milliseconds: waiting for a lock ends before the statement, and the statement before the client's timeout.
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
 * Applies the settings to a new connection, and checks that it leads to the primary, that a commit is on disk when it is
 * answered, and that a statement sees what is committed.
 *
 * @throws AuthError `store_unavailable`
 */
export async function prepareConnection(client: ClientBase): Promise<void> {
  await client.query(SET)
  const [state] = (await client.query<State>(CHECK)).rows
  // A standby lags behind: a repeated refresh would look like a stolen token there.
  if (state?.standby !== false || state.read_only === 'on')
    throw storeUnavailable('the server is a standby, or read-only')
  if (state.isolation !== 'read committed')
    throw storeUnavailable(`the isolation of transactions is ${state.isolation}`)
  if (state.durability === 'off') throw storeUnavailable('synchronous_commit is off')
}

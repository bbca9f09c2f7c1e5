import type pg from 'pg'
import { AuthError } from '../../base/errors.ts'
import { type Address, FIRST_CONNECT, type Place, placeOf } from './address.ts'
import { driver } from './driver.ts'
import { codeOf, INSUFFICIENT_PRIVILEGE, storeErrorFrom } from './errors.ts'
import { prepareSession } from './session.ts'

/**
 * Connects once, as all connections will be, and lets `prepare` bring the database up to date.
 *
 * @throws AuthError `invalid_config` with a sentence that says what to do; `store_unavailable`
 */
export async function open(
  address: Address,
  prepare: (client: pg.Client, place: Place) => Promise<void>,
): Promise<void> {
  const place = placeOf(address)
  // A migration may take its time.
  const client = new driver.Client({
    ...address.client,
    query_timeout: 0,
    connectionTimeoutMillis: FIRST_CONNECT,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await prepareSession(client)
    await prepare(client, place)
  } catch (error) {
    throw sentenceFor(error, place)
  } finally {
    await client.end().catch(() => {})
  }
}

/** What TLS says of a certificate that it does not trust begins so, or is one of these. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

function sentenceFor(error: unknown, { user, server, database }: Place): unknown {
  if (error instanceof AuthError) return error
  const [role, name] = [JSON.stringify(user), JSON.stringify(database)]
  const refused = (says: string) =>
    new AuthError('invalid_config', says, { cause: error })
  const { code = '', message } = error as NodeJS.ErrnoException
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) {
    return refused(
      `The host of the database, ${server}, is not known: correct it in the address.`,
    )
  }
  if (UNTRUSTED.test(code)) {
    return refused(
      `The certificate of ${server} is not trusted (${message}): name its authority in the address with sslrootcert=FILE.`,
    )
  }
  if (/does not support SSL/.test(message)) {
    return refused(
      `${server} does not speak TLS: let it, or take "sslmode" out of the address.`,
    )
  }
  if (/password must be a string|no password/i.test(message))
    return refused(`${server} asks for a password: write it into the address.`)
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return refused(
        `${server} lets nobody in as ${role} with this password from here: correct the address, or its pg_hba.conf.`,
      )
    case '3D000':
      return refused(
        `There is no database ${name} on ${server}: make it with "createdb", or name another.`,
      )
    case INSUFFICIENT_PRIVILEGE:
      return refused(
        `The role ${role} may not make or use tables in the database ${name}: make it the owner of the database, or grant it "create, usage on schema public".`,
      )
    case '3F000':
      return refused(
        `There is no schema in the database ${name} that ${role} could make tables in: make one.`,
      )
    default:
      return storeErrorFrom(error)
  }
}

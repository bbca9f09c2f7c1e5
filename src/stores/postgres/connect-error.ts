import { AuthError, configError } from '../../base/errors.ts'
import type { ShownAddress } from './address.ts'
import { asksForPassword, refusesTls } from './driver-errors.ts'
import {
  codeOf,
  INSUFFICIENT_PRIVILEGE,
  INVALID_AUTHORIZATION,
  INVALID_PASSWORD,
  storeErrorFrom,
  UNKNOWN_DATABASE,
  UNKNOWN_SCHEMA,
} from './errors.ts'

/** Codes of Node.js for a name that DNS does not know. */
const UNKNOWN_HOST = ['ENOTFOUND', 'EAI_AGAIN']

/** Matches the codes of OpenSSL and Node.js for a certificate that is not trusted. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

/** An error of the first connection or of a migration, with a message that says what to do. */
export function connectErrorFrom(error: unknown, place: ShownAddress): unknown {
  if (error instanceof AuthError) return error
  const message = messageOfDriver(error, place) ?? messageOfServer(error, place)
  if (message === undefined) return storeErrorFrom(error)
  return configError(message, error)
}

/** The message for an error of the connection, before the server returned anything. */
function messageOfDriver(error: unknown, { server }: ShownAddress): string | undefined {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (UNKNOWN_HOST.includes(code))
    return `The host of the database, ${server}, is not known: correct it in the address.`
  if (UNTRUSTED.test(code))
    return `The certificate of ${server} is not trusted (${message}): name its authority in the address with sslrootcert=FILE.`
  if (refusesTls(error))
    return `${server} does not speak TLS: switch it on there, or take "sslmode" out of the address.`
  if (asksForPassword(error))
    return `${server} asks for a password: write it into the address.`
  return undefined
}

/** The message for an error that the server returned. */
function messageOfServer(
  error: unknown,
  { user, server, database }: ShownAddress,
): string | undefined {
  const [role, name] = [JSON.stringify(user), JSON.stringify(database)]
  switch (codeOf(error)) {
    case INVALID_PASSWORD:
    case INVALID_AUTHORIZATION:
      return `PostgreSQL on ${server} rejected the login of ${role}: check the password in the address, and pg_hba.conf.`
    case UNKNOWN_DATABASE:
      return `There is no database ${name} on ${server}: create it with "createdb", or name another.`
    case INSUFFICIENT_PRIVILEGE:
      return `The role ${role} may not create or use tables in the database ${name}: make it the owner of the database, or grant it "create, usage on schema public".`
    case UNKNOWN_SCHEMA:
      return `The database ${name} has no schema in which ${role} can create tables: create one.`
    default:
      return undefined
  }
}

import { AuthError, configError } from '../../base/errors.ts'
import type { Place } from './address.ts'
import { asksForPassword, refusesTls } from './driver-errors.ts'
import { codeOf, INSUFFICIENT_PRIVILEGE, storeErrorFrom } from './errors.ts'

/** Codes of Node.js for a name that DNS does not know. */
const UNKNOWN_HOST = ['ENOTFOUND', 'EAI_AGAIN']

/** Codes of OpenSSL and Node.js for a certificate that is not trusted begin with, or contain, one of these. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

/** An error of the first connection or of a migration, with a message that says what to do. */
export function connectErrorFrom(error: unknown, place: Place): unknown {
  if (error instanceof AuthError) return error
  const message = messageOfDriver(error, place) ?? messageOfServer(error, place)
  return message === undefined ? storeErrorFrom(error) : configError(message, error)
}

/** Errors before the server has accepted the connection. */
function messageOfDriver(error: unknown, { server }: Place): string | undefined {
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

/** Errors that the server answered. */
function messageOfServer(
  error: unknown,
  { user, server, database }: Place,
): string | undefined {
  const [role, name] = [JSON.stringify(user), JSON.stringify(database)]
  switch (codeOf(error)) {
    case '28P01':
    case '28000':
      return `PostgreSQL on ${server} rejected the login of ${role}: check the password in the address, and pg_hba.conf.`
    case '3D000':
      return `There is no database ${name} on ${server}: create it with "createdb", or name another.`
    case INSUFFICIENT_PRIVILEGE:
      return `The role ${role} may not create or use tables in the database ${name}: make it the owner of the database, or grant it "create, usage on schema public".`
    case '3F000':
      return `The database ${name} has no schema in which ${role} can create tables: create one.`
    default:
      return undefined
  }
}

import { AuthError } from '../base/errors.ts'

/** Messages by field, in the shape of Django REST framework's validation errors. */
export type FieldErrors = {
  readonly [field: string]: readonly string[] | undefined
}

/** @throws AuthError `invalid` if a field has messages; they are its body */
export function rejectFieldErrors(errors: FieldErrors): void {
  if (Object.values(errors).some((messages = []) => messages.length > 0))
    throw fieldError(errors)
}

export function fieldError(errors: FieldErrors): AuthError {
  const found = Object.entries(errors).filter(([, messages = []]) => messages.length > 0)
  return new AuthError(
    'invalid',
    `invalid fields: ${found.map(([field]) => field).join(', ')}`,
    {
      body: Object.fromEntries(found),
    },
  )
}

export const ID_TAKEN = 'A user with that id already exists.'
export const NAME_TAKEN = 'A user with that username already exists.'
export const EMAIL_TAKEN = 'A user with this email address already exists.'
export const PHONE_TAKEN = 'A user with this phone number already exists.'

export const LAST_SUPERUSER =
  'This is the last active superuser: make another user a superuser first.'

/** An argument, which a program may have taken from a request. @throws AuthError `invalid` unless it is a string */
export function requireString(field: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw fieldError({ [field]: ['Not a valid string.'] })
}

/** A number among arguments. @throws AuthError `invalid` unless it is finite */
export function requireNumber(field: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw fieldError({ [field]: ['A valid number is required.'] })
}

/** The size of a page: a whole number from 1. @throws AuthError `invalid` unless it is a number */
export const pageSize = (limit: unknown, most = Number.MAX_SAFE_INTEGER): number =>
  Math.max(1, Math.min(Math.trunc(requireNumber('limit', limit)), most))

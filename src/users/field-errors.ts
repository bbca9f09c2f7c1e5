import { AuthError } from '../base/errors.ts'

/** What is wrong with the fields of a user, in sentences. */
export type FieldErrors = {
  readonly [field in 'username' | 'password' | 'email' | 'roles']?: readonly string[]
}

/** @throws AuthError `invalid`, its body naming each field that has faults */
export function rejectFieldErrors(faults: FieldErrors): void {
  if (Object.values(faults).some((sentences) => sentences.length > 0))
    throw fieldError(faults)
}

export function fieldError(faults: FieldErrors): AuthError {
  const found = Object.entries(faults).filter(([, sentences]) => sentences.length > 0)
  return new AuthError(
    'invalid',
    `not taken: ${found.map(([field]) => field).join(', ')}`,
    {
      body: Object.fromEntries(found),
    },
  )
}

export const NAME_TAKEN = 'A user with that username already exists.'
export const EMAIL_TAKEN = 'A user with this email address already exists.'

import { Refusal } from '../base/errors.ts'

/** What is wrong with the fields of a user, in sentences. */
export type FieldFaults = { readonly [field in 'username' | 'password' | 'email' | 'roles']?: readonly string[] }

/** @throws Refusal `invalid`, its body naming each field that has faults */
export function refuseFaults(faults: FieldFaults): void {
  if (Object.values(faults).some((sentences) => sentences.length > 0)) throw refusalOf(faults)
}

export function refusalOf(faults: FieldFaults): Refusal {
  const found = Object.entries(faults).filter(([, sentences]) => sentences.length > 0)
  return new Refusal('invalid', `not taken: ${found.map(([field]) => field).join(', ')}`, {
    body: Object.fromEntries(found),
  })
}

export const NAME_TAKEN = 'A user with that username already exists.'
export const EMAIL_TAKEN = 'A user with this email address already exists.'

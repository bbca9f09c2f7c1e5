import type { ProviderClaims } from './provider.ts'

/** The claims of a name, by the members that Apple has. */
const MEMBERS = { given_name: 'firstName', family_name: 'lastName' } as const

/** As a browser could have changed it, a name is short, and nothing but a name. */
const LONGEST = 100

/**
 * The name in the field `user` of Apple's form, which it sends at the first sign-in of a person, and not in the ID token: "Retrieve the
 * user's information from Apple ID servers" of its documentation. The address beside it is not read, since it is not signed.
 *
 * @returns `given_name` and `family_name`, as far as they are there
 */
export function nameInForm(user: string | undefined): Readonly<Record<string, string>> {
  const { name } = objectIn(user)
  const parts = Object.entries(MEMBERS).flatMap(([claim, member]) => {
    const part = typeof name === 'object' && name !== null && Reflect.get(name, member)
    return typeof part === 'string' && part !== '' && part.length <= LONGEST
      ? [[claim, part]]
      : []
  })
  return Object.fromEntries(parts)
}

function objectIn(text = ''): { readonly name?: unknown } {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return {}
  }
}

/** Adds the name that a form returned. Signed claims have priority. */
export function withReturnedName(
  claims: ProviderClaims,
  returned: URLSearchParams,
): ProviderClaims {
  const names = Object.keys(MEMBERS).flatMap((claim) => {
    const name = returned.get(claim)
    return name === null || name.length > LONGEST ? [] : [[claim, name]]
  })
  return { ...Object.fromEntries(names), ...claims }
}

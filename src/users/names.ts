const MAX_CHARACTERS = 150

/** Python's `\w`, without invisible letters such as the Hangul fillers. */
const SHAPE = /^[\p{L}\p{N}_.@+-]+$/u
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/**
 * UTF-16 code units of the longest input that may become a valid name: NFC joins at most four of them into one. Longer
 * input is not normalized, since that takes quadratic time in the worst case (a row of combining marks).
 */
const MAX_INPUT = 4 * MAX_CHARACTERS

/** The stored form of a username: NFKC, as in Django. @returns `undefined` if the input is too long for a name */
export function usernameOf(input: string): string | undefined {
  if (input.length > MAX_INPUT) return undefined
  return input.normalize('NFKC')
}

/**
 * Validates a new user's name.
 *
 * @param name as `usernameOf` returns it
 * @returns Django's message if it is invalid; spaces and invisible characters are
 */
export function usernameFault(name: string | undefined): string | undefined {
  if (name === '') return 'This field may not be blank.'
  if (name === undefined || isTooLong(name))
    return `Ensure this field has no more than ${MAX_CHARACTERS} characters.`
  if (!SHAPE.test(name) || INVISIBLE.test(name)) {
    return 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.'
  }
  return undefined
}

const isTooLong = (name: string): boolean =>
  name.length > 2 * MAX_CHARACTERS || [...name].length > MAX_CHARACTERS

/**
 * The form in which a name must be unique: NFKC, lower case. Converting to upper case in between unifies letters that
 * share a capital: `ς` and `σ`, `ß` and `ss`.
 */
export const usernameKey = (name: string): string =>
  name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')

/** The account under which attempts with a login are counted, whether it exists or not. Bounded in length and in work. */
export const throttleKeyOf = (login: string): string =>
  usernameKey((usernameOf(login) ?? login).slice(0, 2 * MAX_CHARACTERS))

const MAX_CHARACTERS = 150

/** Python's `\w`, without invisible letters such as the Hangul fillers. */
const SHAPE = /^[\p{L}\p{N}_.@+-]+$/u
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/u

/** The stored form of a username: NFKC, as in Django. */
export const usernameOf = (text: string): string => text.normalize('NFKC')

/**
 * Validates a new user's name.
 *
 * @param name as `usernameOf` returns it
 * @returns Django's message if it is invalid; spaces and invisible characters are
 */
export function usernameFault(name: string): string | undefined {
  if (name === '') return 'This field may not be blank.'
  if (name.length > 2 * MAX_CHARACTERS || [...name].length > MAX_CHARACTERS) {
    return `Ensure this field has no more than ${MAX_CHARACTERS} characters.`
  }
  if (!SHAPE.test(name) || INVISIBLE.test(name)) {
    return 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.'
  }
  return undefined
}

/**
 * The form in which a name must be unique: NFKC, lower case. Converting to upper case in between unifies letters that
 * share a capital: `ς` and `σ`, `ß` and `ss`.
 */
export const usernameKey = (name: string): string =>
  name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')

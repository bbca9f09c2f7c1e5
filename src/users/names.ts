const MOST_CHARACTERS = 150

/** What Python's `\w` takes, but for letters that are not seen: Hangul fillers. */
const SHAPE = /^[\p{L}\p{N}_.@+-]+$/u
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u

/** A username as it is kept: NFKC, as Django keeps it. */
export const usernameOf = (text: string): string => text.normalize('NFKC')

/**
 * What is wrong with a new user's name, in Django's words. Spaces and characters that are not seen are among it.
 *
 * @param name in the form that `usernameOf` gives
 */
export function usernameFault(name: string): string | undefined {
  if (name === '') return 'This field may not be blank.'
  if (name.length > 2 * MOST_CHARACTERS || [...name].length > MOST_CHARACTERS) {
    return `Ensure this field has no more than ${MOST_CHARACTERS} characters.`
  }
  if (!SHAPE.test(name) || UNSEEN.test(name)) {
    return 'Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.'
  }
  return undefined
}

/**
 * The form in which a name must be unique: NFKC, lower case. It goes by way of upper case, so that what only its capital
 * shows to be the same is the same: `ς` and `σ`, `ß` and `ss`.
 */
export const usernameKey = (name: string): string =>
  name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC')

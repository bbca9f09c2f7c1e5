/** The user of a session, as far as answers depend on it. */
export interface UserState {
  readonly exists: boolean
  readonly isActive: boolean
  /** Sessions of another epoch have ended. A user who gets the id of a deleted one has another, too. */
  readonly epoch: number
  readonly name: string
  readonly email: string
  /** `undefined`: none. No two users have, and no user ever gets, the same one again. */
  readonly password: string | undefined
}

export const NO_USER: UserState = {
  exists: false,
  isActive: false,
  epoch: 0,
  name: '',
  email: '',
  password: undefined,
}

/** What a client signs in with. */
export type Credentials = Pick<UserState, 'name'> & { readonly password: string }

export const canSignIn = (
  { exists, isActive, password }: UserState,
  credentials: Credentials,
): boolean => exists && isActive && password === credentials.password

export const withPassword = (user: UserState, password: string): UserState => ({
  ...user,
  password,
  epoch: user.epoch + 1,
})

/** @param isNamed whether tokens name users by their email: then a new one begins an epoch */
export const withEmail = (
  user: UserState,
  email: string,
  isNamed: boolean,
): UserState => ({
  ...user,
  email,
  epoch: isNamed && email !== user.email ? user.epoch + 1 : user.epoch,
})

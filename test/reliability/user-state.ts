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
  readonly codes?: Codes
}

/** The links of a user that set a new password, each by its number. */
interface Codes {
  /** As the user was when each was asked for, until it is issued. */
  readonly asked: Readonly<Record<number, CodeOf>>
  /** The one that was issued last, until it is redeemed. */
  readonly live?: CodeOf & { readonly number: number }
}

/** What the user must still be when a link is redeemed. */
type CodeOf = Pick<UserState, 'epoch' | 'email' | 'isActive'>

const NO_CODES: Codes = { asked: {} }

export const without = <Value>(
  record: Readonly<Record<number, Value>>,
  number: number,
): Readonly<Record<number, Value>> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => Number(key) !== number))

export function withCodeAsked(user: UserState, number: number): UserState {
  const { epoch, email, isActive, codes = NO_CODES } = user
  const asked = { ...codes.asked, [number]: { epoch, email, isActive } }
  return { ...user, codes: { ...codes, asked } }
}

/** @returns `undefined` if the answer is wrong */
export function withCodeIssued(
  user: UserState,
  number: number,
  isIssued: boolean,
): UserState | undefined {
  const { exists, epoch, codes = NO_CODES } = user
  const asked = codes.asked[number]
  const mayBeIssued = exists && asked?.epoch === epoch
  if (mayBeIssued !== isIssued) return undefined
  const rest = { ...codes, asked: without(codes.asked, number) }
  if (!isIssued || asked === undefined) return { ...user, codes: rest }
  return { ...user, codes: { ...rest, live: { ...asked, number } } }
}

export const isRedeemable = (user: UserState, number: number): boolean => {
  const live = user.codes?.live
  return (
    user.exists &&
    user.isActive &&
    live?.number === number &&
    live.epoch === user.epoch &&
    live.email === user.email
  )
}

export function withCodeRedeemed(user: UserState): UserState {
  const { live: _, ...codes } = user.codes ?? NO_CODES
  return { ...user, codes }
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

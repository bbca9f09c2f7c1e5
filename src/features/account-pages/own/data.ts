import type { FieldErrors } from '../../../pages/components.ts'
import type { HtmlValue } from '../../../pages/html.ts'
import type { RememberData } from '../sign-in/data.ts'
import type { UserFieldData } from '../user-fields.ts'

/** How users who are signed in show once more that it is them. */
export type ProofKind = 'password' | 'code' | 'passkey' | 'message'

export type { SectionName } from '../../page-hooks.ts'

/** A section of the account in the menu: one of the package (`SectionName`), or of a feature. */
export interface MenuSection {
  readonly name: string
  readonly title: string
}

/** Who is signed in: for the frame of each page. */
export interface Viewer {
  readonly username: string
  /** The user who acts as this one, if one does. Nothing of the account can be changed then. */
  readonly actor: string | undefined
  readonly sections: readonly MenuSection[]
}

/** What each page of the account has. */
export interface OwnPageData {
  readonly viewer: Viewer
  /** What was done before this page, in words. */
  readonly done?: string | undefined
  /** What is wrong with the form that was sent, by the names of its fields. */
  readonly errors: FieldErrors
  /** After too many attempts: when to try again, in seconds since 1970, and how long that is. */
  readonly retry: { readonly at: number; readonly after: number } | undefined
}

/** The page `/account/`. */
export interface AccountData extends OwnPageData {
  readonly profile: ProfileData | undefined
  readonly password: PasswordData | undefined
  readonly passkeys: readonly PasskeyItem[] | undefined
  readonly factors: FactorData | undefined
  readonly sessions: SessionsData | undefined
  readonly tokens: TokensData | undefined
  /** The content of the sections of features, by their names. */
  readonly added: ReadonlyMap<string, HtmlValue>
  /** The form whose errors they are. */
  readonly failed?: 'profile' | 'password' | undefined
}

export interface ProfileData {
  readonly username: string
  readonly fields: readonly UserFieldData[]
  readonly email: ContactData | undefined
  /** `undefined` without the option `sms`. */
  readonly phone: ContactData | undefined
}

/** An address or a number. */
export interface ContactData {
  /** `undefined`: the user has none. */
  readonly value: string | undefined
  readonly isVerified: boolean
  /** The one that replaces it once it is confirmed. */
  readonly pending?: { readonly value: string; readonly until: number } | undefined
  /** Whether codes are typed here, in place of a link in the mail. */
  readonly isTyped: boolean
  /** Whether it can be changed, with the option `mail` or `sms`. */
  readonly canChange: boolean
}

export interface PasswordData {
  /** `false`: the user signs in without one. */
  readonly isSet: boolean
  /** The option `accounts.passwordChangeRevokes`. */
  readonly revokes: 'others' | 'all' | 'none'
  /** Whether a link that sets one can be mailed. */
  readonly canReset: boolean
  readonly username: string
}

export interface PasskeyItem {
  readonly id: string
  /** May be empty. */
  readonly label: string
  readonly isSynced: boolean
  /** Seconds since 1970. */
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
}

export interface FactorData {
  readonly totps: readonly TotpItem[]
  /** Whether the user has a second factor: recovery codes exist beside one only. */
  readonly hasFactor: boolean
  readonly recoveryCodesLeft: number
  /** Those that are not asked for it, the newest first; `undefined` without the option `secondFactors.rememberDevice`. */
  readonly devices: readonly DeviceItem[] | undefined
}

/** A remembered device. */
export interface DeviceItem {
  readonly id: string
  readonly isCurrent: boolean
  /** Of the `User-Agent`: anything that a client sends. */
  readonly program: string | undefined
  readonly system: string | undefined
  readonly address: string | undefined
  readonly createdAt: number
  readonly lastUsedAt: number
  readonly expiresAt: number
}

export interface TotpItem {
  readonly id: string
  readonly label: string
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
}

export interface SessionsData {
  /** The newest first; the current one before them. */
  readonly items: readonly SessionItem[]
  readonly total: number
}

export interface SessionItem {
  readonly id: string
  readonly isCurrent: boolean
  /** Of the `User-Agent`: anything that a client sends. */
  readonly program: string | undefined
  readonly system: string | undefined
  /** As the option `pages.geo` says. */
  readonly place: string | undefined
  readonly address: string | undefined
  readonly createdAt: number
  readonly lastUsedAt: number | undefined
  /** Whether another user began it, who acts as this one. */
  readonly isOfActor: boolean
}

export interface TokensData {
  readonly items: readonly TokenItem[]
  readonly total: number
}

export interface TokenItem {
  readonly id: string
  readonly name: string | undefined
  /** Its first characters. */
  readonly hint: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number | undefined
}

/** The pages that change an address or a number. */
export interface ChangeContactData extends OwnPageData {
  readonly field: 'email' | 'phone'
  readonly current: string | undefined
  /** What was typed. */
  readonly value: string
}

/** The page that takes the digits of such a change. */
export interface ContactCodeData extends OwnPageData {
  readonly field: 'email' | 'phone'
  readonly pending: { readonly value: string; readonly until: number } | undefined
}

/** `/account/passkeys/new/` */
export interface NewPasskeyData extends OwnPageData {
  readonly label: string
  /** What `navigator.credentials.create` takes, as JSON; `undefined` if the user may not add a passkey now: `errors` say why. */
  readonly options: string | undefined
}

export interface PasskeyPageData extends OwnPageData {
  readonly passkey: PasskeyItem
  readonly label: string
}

export interface NewTotpData extends OwnPageData {
  /** Whether the form asks for the current password. */
  readonly asksPassword: boolean
  readonly username: string
  readonly label: string
  /** Once the form was sent. */
  readonly totp: TotpSecret | undefined
  /** `undefined` without the option `secondFactors.rememberDevice`. */
  readonly remember: RememberData | undefined
}

export interface TotpSecret {
  readonly id: string
  /** Base32. */
  readonly secret: string
  readonly uri: string
}

export interface TotpPageData extends OwnPageData {
  readonly totp: TotpItem
}

export interface RecoveryData extends OwnPageData {
  /** Shown once. */
  readonly codes: readonly string[] | undefined
  /** Codes of a first factor that was added now. */
  readonly isFirst: boolean
}

export interface NewTokenData extends OwnPageData {
  readonly scopes: readonly string[]
  readonly values: {
    readonly name: string
    /** `full`: no scopes limit the token. */
    readonly access: string | undefined
    readonly scopes: readonly string[]
    readonly expiry: string
  }
  /** Shown once. */
  readonly created: { readonly token: string; readonly item: TokenItem } | undefined
}

export interface SessionsPageData extends OwnPageData {
  readonly sessions: SessionsData
}

export interface TokensPageData extends OwnPageData {
  readonly tokens: TokensData
}

export interface DeleteData extends OwnPageData {
  readonly username: string
}

export interface AgainData extends OwnPageData {
  readonly ways: readonly ProofKind[]
  /** Where to go on to. */
  readonly next: string
  readonly username: string
}

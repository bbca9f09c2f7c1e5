import type { FieldErrors } from '../../../pages/components.ts'
import type { Retry } from '../../../pages/error-page.ts'
import type { SignInButton } from '../../page-hooks.ts'
import type { UserFieldData } from '../user-fields.ts'

/** What every page with a form shows. */
export interface FormData {
  /** The path that the form is sent to. */
  readonly action: string
  /** What was wrong, by the names of the fields; `''` is the form itself. */
  readonly errors: FieldErrors
  /** After too many attempts. */
  readonly retry: Retry | undefined
}

export interface Link {
  readonly text: string
  readonly href: string
}

/** The page to sign in. */
export interface SignInData extends FormData {
  /** What users are asked for. */
  readonly loginField: 'username' | 'email'
  /** Whether users have passwords. */
  readonly hasPasswords: boolean
  /** What was typed before. */
  readonly login: string
  /** The paths of the pages that mail a new password and create an account; `undefined` if there is none. */
  readonly forgot?: string
  readonly signUp?: string
  /** The other ways to sign in. */
  readonly buttons: readonly SignInButton[]
  /** The path to go to after the sign-in. */
  readonly next: string | undefined
}

/** The choice not to be asked for a second step on this device for a while: a checkbox `remember_device`. */
export interface RememberData {
  readonly seconds: number
  readonly isChosen: boolean
}

/** The page that asks the device for a passkey. */
export interface PasskeyData extends FormData {
  /** As the second step of a sign-in. */
  readonly remember?: RememberData | undefined
  /** What `navigator.credentials.get` takes, as JSON. */
  readonly options: string
  readonly otherWays: readonly Link[]
  readonly next: string | undefined
}

/** The page that asks for the address that a link or a code is sent to. */
export interface CodeRequestData extends FormData {
  /** To sign in by mail or by text message; to confirm an address. */
  readonly purpose: 'email' | 'phone' | 'confirm'
  readonly value: string
  readonly next: string | undefined
  readonly back: string
}

/** The page that asks for the digits which were sent. */
export interface EnterCodeData extends FormData {
  /** Where they were sent to, if there is an account. */
  readonly address: string
  /** They were sent once more. */
  readonly isResent: boolean
  /** The page of the former step. */
  readonly back: string
  readonly next: string | undefined
}

/** The links of mails that a button redeems. */
export type LinkPurpose = 'login' | 'confirm' | 'changeEmail' | 'undoEmail'

export interface LinkData extends FormData {
  readonly purpose: LinkPurpose
  /** Who signs in with it. */
  readonly name: string | undefined
}

/** A page that says one thing. */
export interface MessageData {
  /** Which one, such as `signedOut`. */
  readonly name: string
  readonly title: string
  readonly text: string
  readonly hint?: string
  readonly link?: Link
}

/** The second step of a sign-in. */
export interface SecondFactorData extends FormData {
  readonly methods: readonly ('totp' | 'passkey' | 'recovery')[]
  /** `undefined` without the option `secondFactors.rememberDevice`. */
  readonly remember: RememberData | undefined
  readonly passkey: string
  readonly back: string
}

/** A user must add a second factor to sign in. */
export interface SetUpData extends FormData {
  /** `undefined` without the option `secondFactors.rememberDevice`. */
  readonly remember: RememberData | undefined
  /** `undefined` before it has begun. */
  readonly totp:
    | {
        readonly id: string
        /** Base32, to type. */
        readonly secret: string
        /** For a QR code, and for a link on the device itself. */
        readonly uri: string
      }
    | undefined
  readonly back: string
}

export interface RecoveryCodesData {
  readonly codes: readonly string[]
  readonly next: string
}

export interface SignUpData extends FormData {
  /** Missing with an invitation, which has its own. */
  readonly email?: { readonly value: string; readonly isRequired: boolean }
  /** Missing if users have no names of their own. */
  readonly username?: { readonly value: string; readonly isRequired: boolean }
  readonly hasPassword: boolean
  readonly isInvited: boolean
  /** Those of the option `user`. */
  readonly fields: readonly UserFieldData[]
  /** Ways that create an account, too. */
  readonly buttons: readonly SignInButton[]
  readonly signIn: string
  readonly next: string | undefined
}

export interface ForgotPasswordData extends FormData {
  readonly email: string
  readonly back: string
}

export interface ResetPasswordData extends FormData {
  /** The name of the account, for the browser that saves the password; `undefined` if it must not be shown yet. */
  readonly username: string | undefined
  /** The digits are asked for, with the password. */
  readonly asksForCode: boolean
  readonly address: string | undefined
}

/** Goes on to another origin: a form must not. */
export interface ContinueData {
  readonly href: string
  readonly site: string
}

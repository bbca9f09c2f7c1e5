import type { Letter } from '../layout.ts'

/** The values of a message. Which of them are set depends on the template. */
export interface TemplateData {
  /** The address of a page of the application. */
  readonly link?: string
  /** Digits to type. */
  readonly code?: string
  /** How long the link or the code works, in minutes. */
  readonly minutes?: number
  /** The address that is to replace the reader's. */
  readonly newAddress?: string
  /** The words for a provider of the option `social`: its `label`. */
  readonly provider?: string
  /** Second factors and passkeys that were added lately; `at` in seconds since 1970. */
  readonly added?: readonly AddedFactor[]
}

export interface AddedFactor {
  readonly kind: 'totp' | 'passkey'
  readonly at: number
}

/** @param app the name of the application */
export type Template = (data: TemplateData, app: string) => Letter

/** A text message: one line or two. A code stands on a line of its own kind, so that phones can fill it in. */
export type SmsTemplate = (data: TemplateData, app: string) => string

/** The mails. */
export interface MailTemplates {
  /** To a new user: confirm the address. `link` or `code` */
  readonly confirmSignUp: Template
  /** To a user who signs up again. `link`: where to set a new password; with digits, none */
  readonly accountExists: Template
  /** To a user who has confirmed the address (`djoser({ confirmationMail })`) */
  readonly accountActivated: Template
  /** To a user whose address is not verified. `link` or `code` */
  readonly verifyEmail: Template
  /** `link` or `code` */
  readonly resetPassword: Template
  /** To a user who wants another username. `link` or `code` */
  readonly resetUsername: Template
  /** To a user who wants another address (`djoser()`). `link` */
  readonly resetEmail: Template
  /** `link` or `code` */
  readonly signIn: Template
  /** To the new address. `link` or `code` */
  readonly changeEmail: Template
  /** To the address that was used until now. `newAddress`; `link`: how to undo it */
  readonly emailChanged: Template
  /** After a reset: `added` */
  readonly passwordChanged: Template
  readonly usernameChanged: Template
  /** To a person without an account. `link` */
  readonly invitation: Template
  /** A second factor was added or removed. */
  readonly factorsChanged: Template
  /** A provider signs the user in from now on. `provider` */
  readonly identityConnected: Template
  /** It does so no more. `provider` */
  readonly identityDisconnected: Template
}

/** The text messages. All have `code`. */
export interface SmsTemplates {
  readonly verifyPhone: SmsTemplate
  readonly signInSms: SmsTemplate
}

export interface Templates extends MailTemplates, SmsTemplates {}

export type Language = 'en' | 'de'

/** `2026-11-30`, which means the same in each language. */
export const dateOf = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().slice(0, 10)

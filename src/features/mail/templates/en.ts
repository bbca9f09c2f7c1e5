import { listIf } from '../../../base/optional.ts'
import { plural } from '../../../base/plural.ts'
import {
  type AddedFactor,
  dateOf,
  type TemplateData,
  type Templates,
} from './template.ts'

export const en: Templates = {
  confirmSignUp: (data, app) => ({
    subject: `Confirm your email address for ${app}`,
    before: [`Please confirm that this address is yours.`],
    ...action(data, 'Confirm the address'),
    after: [lasts(data), 'If you have not signed up, ignore this message.'],
  }),
  accountExists: (data, app) => ({
    subject: `You already have an account at ${app}`,
    before: [
      'Somebody, probably you, wanted to sign up with this address. You have an account already: sign in as usual, or set a new password.',
    ],
    ...action(data, 'Set a new password'),
    after: [...lastsIfAny(data), 'If it was not you, ignore this message.'],
  }),
  accountActivated: (_, app) => ({
    subject: `Your account at ${app} is activated`,
    before: ['Your account has been created and activated. You can sign in now.'],
  }),
  verifyEmail: (data, app) => ({
    subject: `Confirm your email address for ${app}`,
    before: ['Please confirm that this address is yours.'],
    ...action(data, 'Confirm the address'),
    after: [lasts(data)],
  }),
  resetPassword: (data, app) => ({
    subject: `Set a new password for ${app}`,
    before: ['You can set a new password now.'],
    ...action(data, 'Set a new password'),
    after: [
      lasts(data),
      'If you have not asked for it, ignore this message: your password stays as it is.',
    ],
  }),
  resetUsername: (data, app) => ({
    subject: `Choose a new username for ${app}`,
    before: ['You can choose a new username now.'],
    ...action(data, 'Choose a new username'),
    after: [
      lasts(data),
      'If you have not asked for it, ignore this message: your username stays as it is.',
    ],
  }),
  resetEmail: (data, app) => ({
    subject: `Choose a new email address for ${app}`,
    before: ['You can choose a new email address now.'],
    ...action(data, 'Choose a new email address'),
    after: [
      lasts(data),
      'If you have not asked for it, ignore this message: your email address stays as it is.',
    ],
  }),
  signIn: (data, app) => ({
    subject: `Sign in to ${app}`,
    before: ['You can sign in now.'],
    ...action(data, 'Sign in'),
    after: [
      `${lasts(data)} Never pass it on: anyone who has it can sign in as you.`,
      'If you have not asked for it, ignore this message.',
    ],
  }),
  changeEmail: (data, app) => ({
    subject: `Confirm your new email address for ${app}`,
    before: ['Please confirm that this address replaces the one you used until now.'],
    ...action(data, 'Confirm the new address'),
    after: [lasts(data), 'If you have not asked for it, ignore this message.'],
  }),
  emailChanged: (data, app) => ({
    subject: `Your email address for ${app} is changed`,
    before: [`The address of your account becomes ${data.newAddress ?? 'another one'}.`],
    ...action(data, 'Undo the change'),
    after: ['If it was you, there is nothing to do.'],
  }),
  passwordChanged: ({ added = [] }, app) => ({
    subject: `Your password for ${app} was changed`,
    before: [
      'Your password was changed. If it was you, there is nothing to do. Otherwise set a new one at once.',
      ...listIf(
        added.length > 0,
        `In the last 30 days, this was added to sign in with: ${added.map(factor).join(', ')}. If it was not you, a new password is not enough: remove it in your account, or ask those who run ${app} to do so.`,
      ),
    ],
  }),
  usernameChanged: (_, app) => ({
    subject: `Your username for ${app} was changed`,
    before: [
      'Your username was changed. If it was you, there is nothing to do. Otherwise set a new password at once.',
    ],
  }),
  invitation: (data, app) => ({
    subject: `You are invited to ${app}`,
    before: [`You are invited to ${app}.`],
    ...action(data, 'Accept the invitation'),
    after: [lasts(data)],
  }),
  factorsChanged: (_, app) => ({
    subject: `How you sign in to ${app} was changed`,
    before: [
      'A second factor of your account was added or removed. If it was you, there is nothing to do. Otherwise set a new password at once.',
    ],
  }),
  identityConnected: ({ provider = 'another service' }, app) => ({
    subject: `${provider} signs you in to ${app} now`,
    before: [
      `An account with ${provider} was connected to yours and can sign in to it. If it was you, there is nothing to do. Otherwise disconnect it in your account, and set a new password at once.`,
    ],
  }),
  identityDisconnected: ({ provider = 'another service' }, app) => ({
    subject: `${provider} no longer signs you in to ${app}`,
    before: [
      `An account with ${provider} was disconnected from yours and cannot sign in to it any more. If it was you, there is nothing to do. Otherwise set a new password at once.`,
    ],
  }),
  verifyPhone: ({ code = '' }, app) => `${code} is your code for ${app}.`,
  signInSms: ({ code = '' }, app) => `${code} is your code to sign in to ${app}.`,
}

const action = ({ link, code }: TemplateData, label: string) => ({
  ...(link !== undefined && { link: { label, url: link } }),
  ...(code !== undefined && { code }),
})

const FACTORS = { totp: 'an authenticator app', passkey: 'a passkey' } as const

const factor = ({ kind, at }: AddedFactor): string => `${FACTORS[kind]} (${dateOf(at)})`

function lastsIfAny(data: TemplateData): readonly string[] {
  if (data.link === undefined && data.code === undefined) return []
  return [lasts(data)]
}

function lasts({ code, minutes = 0 }: TemplateData): string {
  if (code === undefined) return `The link works once, for ${length(minutes)}.`
  return `The code works once, for ${length(minutes)}.`
}

function length(minutes: number): string {
  if (minutes < 120) return plural(minutes, 'minute')
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), 'hour')
  return plural(Math.floor(minutes / 1440), 'day')
}

import { listIf } from '../../../base/optional.ts'
import { plural } from '../../../base/plural.ts'
import {
  type AddedFactor,
  dateOf,
  type TemplateData,
  type Templates,
} from './template.ts'

export const de: Templates = {
  confirmSignUp: (data, app) => ({
    subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${app}`,
    before: ['Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.'],
    ...action(data, 'Adresse bestätigen'),
    after: [lasts(data), 'Wenn Sie sich nicht registriert haben, ist nichts zu tun.'],
  }),
  accountExists: (data, app) => ({
    subject: `Sie haben schon ein Konto bei ${app}`,
    before: [
      'Jemand, vermutlich Sie, wollte sich mit dieser Adresse registrieren. Sie haben schon ein Konto: Melden Sie sich wie gewohnt an, oder legen Sie ein neues Passwort fest.',
    ],
    ...action(data, 'Neues Passwort festlegen'),
    after: [...lastsIfAny(data), 'Wenn Sie es nicht waren, ist nichts zu tun.'],
  }),
  accountActivated: (_, app) => ({
    subject: `Ihr Konto bei ${app} ist aktiviert`,
    before: ['Ihr Konto ist angelegt und aktiviert. Sie können sich jetzt anmelden.'],
  }),
  verifyEmail: (data, app) => ({
    subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${app}`,
    before: ['Bitte bestätigen Sie, dass diese Adresse Ihnen gehört.'],
    ...action(data, 'Adresse bestätigen'),
    after: [lasts(data)],
  }),
  resetPassword: (data, app) => ({
    subject: `Neues Passwort für ${app}`,
    before: ['Sie können jetzt ein neues Passwort festlegen.'],
    ...action(data, 'Neues Passwort festlegen'),
    after: [
      lasts(data),
      'Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihr Passwort bleibt, wie es ist.',
    ],
  }),
  resetUsername: (data, app) => ({
    subject: `Neuer Benutzername für ${app}`,
    before: ['Sie können jetzt einen neuen Benutzernamen wählen.'],
    ...action(data, 'Neuen Benutzernamen wählen'),
    after: [
      lasts(data),
      'Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihr Benutzername bleibt, wie er ist.',
    ],
  }),
  resetEmail: (data, app) => ({
    subject: `Neue E-Mail-Adresse für ${app}`,
    before: ['Sie können jetzt eine neue E-Mail-Adresse wählen.'],
    ...action(data, 'Neue E-Mail-Adresse wählen'),
    after: [
      lasts(data),
      'Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihre E-Mail-Adresse bleibt, wie sie ist.',
    ],
  }),
  signIn: (data, app) => ({
    subject: `Anmeldung bei ${app}`,
    before: ['Sie können sich jetzt anmelden.'],
    ...action(data, 'Anmelden'),
    after: [
      `${lasts(data)} Geben Sie nichts davon weiter: Wer es hat, kann sich als Sie anmelden.`,
      'Wenn Sie nicht darum gebeten haben, ist nichts zu tun.',
    ],
  }),
  changeEmail: (data, app) => ({
    subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${app}`,
    before: ['Bitte bestätigen Sie, dass diese Adresse Ihre bisherige ersetzt.'],
    ...action(data, 'Neue Adresse bestätigen'),
    after: [lasts(data), 'Wenn Sie nicht darum gebeten haben, ist nichts zu tun.'],
  }),
  emailChanged: (data, app) => ({
    subject: `Ihre E-Mail-Adresse für ${app} ändert sich`,
    before: [`Die neue Adresse Ihres Kontos ist ${data.newAddress ?? 'eine andere'}.`],
    ...action(data, 'Änderung rückgängig machen'),
    after: ['Wenn Sie es waren, ist nichts zu tun.'],
  }),
  passwordChanged: ({ added = [] }, app) => ({
    subject: `Ihr Passwort für ${app} wurde geändert`,
    before: [
      'Ihr Passwort wurde geändert. Wenn Sie es waren, ist nichts zu tun. Sonst legen Sie sofort ein neues fest.',
      ...listIf(
        added.length > 0,
        `In den letzten 30 Tagen kam zur Anmeldung hinzu: ${added.map(factor).join(', ')}. Wenn Sie das nicht waren, reicht ein neues Passwort nicht: Entfernen Sie es in Ihrem Konto, oder bitten Sie die Betreiber von ${app} darum.`,
      ),
    ],
  }),
  usernameChanged: (_, app) => ({
    subject: `Ihr Benutzername für ${app} wurde geändert`,
    before: [
      'Ihr Benutzername wurde geändert. Wenn Sie das waren, ist nichts zu tun. Sonst setzen Sie sofort ein neues Passwort.',
    ],
  }),
  invitation: (data, app) => ({
    subject: `Einladung zu ${app}`,
    before: [`Sie sind zu ${app} eingeladen.`],
    ...action(data, 'Einladung annehmen'),
    after: [lasts(data)],
  }),
  factorsChanged: (_, app) => ({
    subject: `Ihre Anmeldung bei ${app} wurde geändert`,
    before: [
      'Ein zweiter Faktor Ihres Kontos wurde hinzugefügt oder entfernt. Wenn Sie es waren, ist nichts zu tun. Sonst legen Sie sofort ein neues Passwort fest.',
    ],
  }),
  identityConnected: ({ provider = 'einem anderen Dienst' }, app) => ({
    subject: `Anmeldung bei ${app} jetzt auch mit ${provider}`,
    before: [
      `Ein Konto bei ${provider} wurde mit Ihrem verbunden und meldet Sie nun an. Wenn Sie es waren, ist nichts zu tun. Sonst trennen Sie es in Ihrem Konto, und legen Sie sofort ein neues Passwort fest.`,
    ],
  }),
  identityDisconnected: ({ provider = 'einem anderen Dienst' }, app) => ({
    subject: `Anmeldung bei ${app} nicht mehr mit ${provider}`,
    before: [
      `Ein Konto bei ${provider} wurde von Ihrem getrennt und meldet Sie nicht mehr an. Wenn Sie es waren, ist nichts zu tun. Sonst legen Sie sofort ein neues Passwort fest.`,
    ],
  }),
  verifyPhone: ({ code = '' }, app) => `${code} ist Ihr Code für ${app}.`,
  signInSms: ({ code = '' }, app) => `${code} ist Ihr Code zur Anmeldung bei ${app}.`,
}

const action = ({ link, code }: TemplateData, label: string) => ({
  ...(link !== undefined && { link: { label, url: link } }),
  ...(code !== undefined && { code }),
})

const FACTORS = { totp: 'eine Authenticator-App', passkey: 'ein Passkey' } as const

const factor = ({ kind, at }: AddedFactor): string => `${FACTORS[kind]} (${dateOf(at)})`

function lastsIfAny(data: TemplateData): readonly string[] {
  if (data.link === undefined && data.code === undefined) return []
  return [lasts(data)]
}

function lasts({ code, minutes = 0 }: TemplateData): string {
  if (code === undefined) return `Der Link gilt einmal, ${length(minutes)} lang.`
  return `Der Code gilt einmal, ${length(minutes)} lang.`
}

function length(minutes: number): string {
  if (minutes < 120) return plural(minutes, 'Minute', 'Minuten')
  if (minutes < 48 * 60) return plural(Math.floor(minutes / 60), 'Stunde', 'Stunden')
  return plural(Math.floor(minutes / 1440), 'Tag', 'Tage')
}

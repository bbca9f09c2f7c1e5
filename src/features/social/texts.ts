import type { Language } from '../../pages/time.ts'

/** The words of the pages. */
export const SOCIAL_TEXTS = {
  en: {
    with: (label: string) => `Sign in with ${label}`,
    title: 'Connected accounts',
    intro: 'Accounts elsewhere that you sign in with.',
    none: 'None yet.',
    connect: (label: string) => `Connect ${label}`,
    disconnect: 'Disconnect',
    connected: 'The account is connected.',
    disconnected: 'The account is disconnected.',
    lastTitle: 'This account cannot be disconnected',
    last: 'It is the last way to sign in: set a password or add a passkey first.',
    failedTitle: 'The sign-in did not work',
    failed: 'The provider did not confirm it, or it took too long. Please try again.',
    existsTitle: 'You have an account already',
    exists:
      'An account here has this email address. Sign in to it as before, and connect the provider on the page of your account.',
    inactiveTitle: 'You cannot sign in',
    inactive: 'There is no active account for you here.',
    takenTitle: 'Not connected',
    taken: 'This account is connected to another user.',
    toAccount: 'To your account',
  },
  de: {
    with: (label: string) => `Mit ${label} anmelden`,
    title: 'Verbundene Konten',
    intro: 'Konten bei anderen Diensten, mit denen Sie sich anmelden.',
    none: 'Noch keine.',
    connect: (label: string) => `${label} verbinden`,
    disconnect: 'Trennen',
    connected: 'Das Konto ist verbunden.',
    disconnected: 'Das Konto ist getrennt.',
    lastTitle: 'Dieses Konto kann nicht getrennt werden',
    last: 'Es ist der letzte Weg, sich anzumelden: Legen Sie zuerst ein Passwort oder einen Passkey an.',
    failedTitle: 'Die Anmeldung hat nicht geklappt',
    failed:
      'Der Dienst hat sie nicht bestätigt, oder es hat zu lange gedauert. Bitte versuchen Sie es noch einmal.',
    existsTitle: 'Sie haben schon ein Konto',
    exists:
      'Ein Konto hier hat diese E-Mail-Adresse. Melden Sie sich wie bisher an, und verbinden Sie den Dienst auf der Seite Ihres Kontos.',
    inactiveTitle: 'Sie können sich nicht anmelden',
    inactive: 'Hier gibt es kein aktives Konto für Sie.',
    takenTitle: 'Nicht verbunden',
    taken: 'Dieses Konto ist mit einem anderen Benutzer verbunden.',
    toAccount: 'Zu Ihrem Konto',
  },
} as const satisfies Record<Language, object>

export type SocialTexts = (typeof SOCIAL_TEXTS)[Language]

import type { Translations } from '../../pages/texts.ts'

/** The words of the page that asks for a consent. */
export interface ConsentTexts {
  readonly title: (client: string) => string
  readonly text: (client: string) => string
  /** @param host of the document of an application */
  readonly ofHost: (host: string) => string
  readonly unchecked: string
  readonly signedInAs: (username: string) => string
  readonly otherAccount: string
  readonly allow: string
  readonly deny: string
  /** @param services other ones than the instance, or not it alone */
  readonly services: (services: string) => string
  /** @param host of the redirect URI */
  readonly leadsTo: (host: string) => string
  readonly scopes: Readonly<Record<string, string>>
  readonly nothing: string
  readonly refused: string
  readonly refusedText: string
  readonly goOn: (client: string) => string
  readonly choose: (client: string) => string
  readonly goOnAs: (username: string) => string
}

export const consentTexts: Translations<ConsentTexts> = {
  en: {
    title: (client) => `Allow ${client} to use your account?`,
    text: (client) => `${client} would like to:`,
    ofHost: (host) =>
      `This application says that it is of ${host}. Nobody has checked its name.`,
    unchecked: 'This application has registered itself. Nobody has checked its name.',
    signedInAs: (username) => `You are signed in as ${username}.`,
    otherAccount: 'Use another account',
    allow: 'Allow',
    deny: 'Do not allow',
    services: (services) => `It may do this at: ${services}`,
    leadsTo: (host) => `Then you go on to ${host}.`,
    scopes: {
      openid: 'Know who you are',
      profile: 'See your name',
      email: 'See your email address',
      phone: 'See your phone number',
      offline_access: 'Stay connected when you are away',
    },
    nothing: 'Know that you have an account',
    refused: 'This request of an application is invalid',
    refusedText:
      'The application that sent you here made a mistake. Go back, and report this message to its operator:',
    goOn: (client) => `Continue to ${client}`,
    choose: (client) => `Which account for ${client}?`,
    goOnAs: (username) => `Continue as ${username}`,
  },
  de: {
    title: (client) => `Darf ${client} Ihr Konto verwenden?`,
    text: (client) => `${client} möchte:`,
    ofHost: (host) =>
      `Diese Anwendung ist nach eigener Angabe von ${host}. Niemand hat ihren Namen geprüft.`,
    unchecked:
      'Diese Anwendung hat sich selbst registriert. Niemand hat ihren Namen geprüft.',
    signedInAs: (username) => `Sie sind als ${username} angemeldet.`,
    otherAccount: 'Anderes Konto verwenden',
    allow: 'Erlauben',
    deny: 'Nicht erlauben',
    services: (services) => `Es gilt für: ${services}`,
    leadsTo: (host) => `Danach geht es weiter zu ${host}.`,
    scopes: {
      openid: 'Wissen, wer Sie sind',
      profile: 'Ihren Namen sehen',
      email: 'Ihre E-Mail-Adresse sehen',
      phone: 'Ihre Telefonnummer sehen',
      offline_access: 'Verbunden bleiben, wenn Sie nicht da sind',
    },
    nothing: 'Wissen, dass Sie ein Konto haben',
    refused: 'Diese Anfrage einer Anwendung ist ungültig',
    refusedText:
      'Die Anwendung, von der Sie kommen, hat einen Fehler gemacht. Gehen Sie zurück, und melden Sie dies ihrem Betreiber:',
    goOn: (client) => `Weiter zu ${client}`,
    choose: (client) => `Welches Konto für ${client}?`,
    goOnAs: (username) => `Weiter als ${username}`,
  },
}

import type { CommonTexts } from './common.ts'

export const de: CommonTexts = {
  common: {
    skip: 'Zum Inhalt',
    menu: 'Menü',
    error: 'Fehler: ',
    problem: 'Etwas stimmt noch nicht',
    continue: 'Weiter',
    back: 'Zurück',
    or: 'oder',
    code: 'Code',
    empty: 'Hier gibt es noch nichts.',
    newer: 'Neuere',
    older: 'Ältere',
    pages: 'Seiten',
    copy: 'Kopieren',
    copied: 'Kopiert',
    toSignIn: 'Zur Anmeldung',
    retry: 'Noch einmal versuchen',
    goTo: (site) => `Zu ${site}`,
    retryAt: (length, moment) => `Neuer Versuch in ${length}, um ${moment}.`,
    retryNow: 'Sie können es jetzt noch einmal versuchen.',
    reference: 'Wenn Sie um Hilfe bitten, nennen Sie diese Nummer:',
  },
  errors: {
    badRequest: {
      title: 'Diese Anfrage ist nicht lesbar',
      text: 'Gehen Sie zurück, und senden Sie das Formular noch einmal.',
    },
    invalidLink: {
      title: 'Dieser Link gilt nicht mehr',
      text: 'Er wurde schon benutzt oder ist zu alt. Jeder Link gilt einmal. Fordern Sie einen neuen an.',
    },
    forbidden: {
      title: 'Diese Seite dürfen Sie nicht öffnen',
      text: 'Ihrem Konto fehlt die Berechtigung. Melden Sie sich mit einem anderen Konto an, oder fragen Sie die Verwaltung.',
    },
    outdatedForm: {
      title: 'Dieses Formular ist veraltet',
      text: 'Nichts wurde geändert. Öffnen Sie die Seite neu, und senden Sie das Formular noch einmal. Cookies müssen für diese Seite erlaubt sein.',
    },
    notFound: {
      title: 'Diese Seite gibt es nicht',
      text: 'Prüfen Sie die Adresse, oder gehen Sie zurück.',
    },
    method: {
      title: 'So lässt sich diese Seite nicht benutzen',
      text: 'Öffnen Sie sie über ihren Link.',
    },
    tooLarge: {
      title: 'Das Formular ist zu groß',
      text: 'Senden Sie weniger Text.',
    },
    mediaType: {
      title: 'Diese Seite nimmt nur Formulare an',
      text: 'Senden Sie das Formular, das die Seite zeigt.',
    },
    throttled: {
      title: 'Zu viele Versuche',
      text: 'Das schützt die Konten vor dem Erraten.',
    },
    unavailable: {
      title: 'Das geht im Augenblick nicht',
      text: 'Nichts wurde geändert.',
    },
    server: {
      title: 'Bei uns ist etwas fehlgeschlagen',
      text: 'Der Fehler wurde aufgezeichnet. Versuchen Sie es später noch einmal.',
    },
  },
}

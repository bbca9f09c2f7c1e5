import type { Language } from '../../pages/time.ts'

/** The words of the section of the account, and of the page that creates a key. */
export const keyTexts = {
  en: {
    title: 'Signing keys',
    intro:
      'Keys with which your own programs sign their requests. They stay valid after you sign out.',
    none: 'You have no signing key.',
    facts: (algorithm: string, scopes: string) =>
      scopes === '' ? algorithm : `${algorithm} · limited to ${scopes}`,
    since: 'Added',
    lastUsed: 'last used',
    notUsed: 'not used yet',
    expires: 'expires',
    expired: 'expired',
    unnamed: 'Unnamed key',
    revoke: 'Revoke',
    revoked: 'The signing key is revoked.',
    create: 'Create a signing key',
    label: 'What is it for?',
    algorithm: 'Algorithm',
    publicKey: 'Public key',
    publicKeyHint:
      'As a JWK or in PEM. Leave it empty for hmac-sha256 and hawk-sha256, which have a secret.',
    scopes: 'What it may do',
    scopesMissing: 'Choose at least one.',
    tooMany: 'You have too many signing keys: revoke one.',
    created: 'The signing key is created',
    shownOnce: 'This is its secret. It is shown only now: copy it to the program.',
    id: 'Its id, which requests name:',
    cancel: 'Cancel',
    toAccount: 'To your account',
  },
  de: {
    title: 'Signaturschlüssel',
    intro:
      'Schlüssel, mit denen Ihre eigenen Programme ihre Anfragen signieren. Sie gelten weiter, wenn Sie sich abmelden.',
    none: 'Sie haben keinen Signaturschlüssel.',
    facts: (algorithm: string, scopes: string) =>
      scopes === '' ? algorithm : `${algorithm} · nur für ${scopes}`,
    since: 'Hinzugefügt',
    lastUsed: 'zuletzt verwendet',
    notUsed: 'noch nicht verwendet',
    expires: 'läuft ab',
    expired: 'abgelaufen',
    unnamed: 'Schlüssel ohne Namen',
    revoke: 'Widerrufen',
    revoked: 'Der Signaturschlüssel ist widerrufen.',
    create: 'Signaturschlüssel anlegen',
    label: 'Wofür ist er?',
    algorithm: 'Algorithmus',
    publicKey: 'Öffentlicher Schlüssel',
    publicKeyHint:
      'Als JWK oder in PEM. Leer bei hmac-sha256 und hawk-sha256, die ein Geheimnis haben.',
    scopes: 'Was er darf',
    scopesMissing: 'Wählen Sie mindestens eines.',
    tooMany: 'Sie haben zu viele Signaturschlüssel: Widerrufen Sie einen.',
    created: 'Der Signaturschlüssel ist angelegt',
    shownOnce:
      'Das ist sein Geheimnis. Es wird nur jetzt gezeigt: Kopieren Sie es in das Programm.',
    id: 'Seine Kennung, die Anfragen nennen:',
    cancel: 'Abbrechen',
    toAccount: 'Zu Ihrem Konto',
  },
} as const satisfies Record<Language, object>

export type KeyTexts = (typeof keyTexts)[Language]

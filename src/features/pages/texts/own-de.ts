import type { OwnTexts } from './own-en.ts'

/** In the polite form. */
export const OWN_DE: OwnTexts = {
  account: 'Mein Konto',
  breadcrumb: 'Brotkrumen',
  scopes: {},
  save: 'Speichern',
  cancel: 'Abbrechen',
  change: 'Ändern',
  set: 'Hinzufügen',
  remove: 'Entfernen',
  currentPassword: 'Ihr Passwort',
  of: (name) => `für ${name}`,
  added: 'Hinzugefügt am',
  lastUsed: 'zuletzt benutzt',
  notUsed: 'noch nicht benutzt',
  expires: 'gilt bis',
  neverExpires: 'gilt unbegrenzt',
  showAll: (count) => `Alle ${count} anzeigen`,

  impersonatedBy: (actor, name) =>
    `${actor} handelt als ${name}. Was zum Konto gehört, kann nicht geändert werden.`,

  profile: 'Profil',
  username: 'Benutzername',
  email: 'E-Mail-Adresse',
  emailHint: 'Für Nachrichten zu Ihrem Konto',
  emailMissing: 'Keine E-Mail-Adresse',
  phone: 'Telefonnummer',
  phoneHint: 'Für SMS zu Ihrem Konto',
  phoneMissing: 'Keine Telefonnummer',
  verified: 'bestätigt',
  notVerified: 'nicht bestätigt',
  verify: 'Bestätigen',
  pendingEmail: (address) =>
    `${address} ersetzt sie, sobald Sie sie bestätigt haben. Nichts angekommen? Fordern Sie die Nachricht noch einmal an.`,
  pendingPhone: (number) => `An ${number} wurde ein Code gesendet.`,
  enterCode: 'Code eingeben',
  waiting: 'wartet auf Bestätigung',

  password: 'Passwort',
  oldPassword: 'Bisheriges Passwort',
  newPassword: 'Neues Passwort',
  passwordHint: 'Alle anderen Geräte werden dabei abgemeldet.',
  passwordHintAll: 'Alle Geräte werden dabei abgemeldet, auch dieses.',
  passwordHintNone: 'Ihre Geräte bleiben angemeldet.',
  noPassword:
    'Ihr Konto hat kein Passwort. Sie können eines mit einem Link festlegen, den Sie zugesandt bekommen.',
  setPassword: 'Passwort festlegen',

  passkeys: 'Passkeys',
  passkeysIntro:
    'Melden Sie sich mit Fingerabdruck, Gesicht oder PIN an. Ein Passkey lässt sich nicht erraten und keiner falschen Seite geben.',
  passkeysEmpty: 'Sie haben noch keinen Passkey.',
  addPasskey: 'Passkey hinzufügen',
  passkeyUnnamed: 'Passkey',
  synced: 'Synchronisiert',
  thisDeviceAlone: 'Nur auf einem Gerät',
  manage: 'Verwalten',

  secondFactor: 'Zweiter Faktor',
  totp: 'Authenticator-App',
  totpHint: 'Wird nach dem Passwort verlangt',
  setUp: 'Einrichten',
  addAnother: 'Weitere Authenticator-App hinzufügen',
  on: 'an',
  off: 'aus',
  recoveryCodes: 'Wiederherstellungscodes',
  recoveryLeft: (count) => (count === 1 ? 'Noch ein Code' : `Noch ${count} Codes`),
  recoveryMissing: 'Verfügbar, sobald ein zweiter Faktor eingerichtet ist',
  recoveryFew: 'nur noch wenige',
  newCodes: 'Neue Codes',
  devices: 'Gemerkte Geräte',
  devicesIntro:
    'Wer sich auf ihnen anmeldet, wird nicht nach dem zweiten Faktor gefragt.',
  forget: 'Vergessen',
  forgetDevices: 'Alle vergessen',

  sessions: 'Sitzungen',
  sessionsIntro:
    'Die Geräte, die bei Ihrem Konto angemeldet sind. Wenn Sie eines nicht kennen, melden Sie es ab und ändern Sie Ihr Passwort.',
  thisDevice: 'dieses Gerät',
  unknownDevice: 'Unbekanntes Gerät',
  deviceOn: (program, system) => `${program} auf ${system}`,
  signedIn: 'angemeldet',
  byActor: 'vom Support geöffnet',
  signOut: 'Abmelden',
  signOutOthers: 'Alle anderen Geräte abmelden',
  noOtherSessions: 'Kein anderes Gerät ist angemeldet.',

  tokens: 'API-Tokens',
  tokensIntro:
    'Für Ihre eigenen Programme. Ein Token gilt, bis es abläuft oder widerrufen wird; eine Abmeldung beendet es nicht.',
  tokensEmpty: 'Sie haben kein API-Token.',
  createToken: 'Token erstellen',
  tokenUnnamed: 'ohne Namen',
  mayDo: (scopes) => `darf ${scopes}`,
  fullAccess: 'voller Zugriff',
  revoke: 'Widerrufen',
  expired: 'abgelaufen',

  data: 'Ihre Daten',
  exportMyData: 'Meine Daten exportieren',
  exportIntro:
    'Eine JSON-Datei mit Ihrem Profil, Ihren Sitzungen, API-Tokens und den Ereignissen Ihres Kontos. Sie enthält keine Passwörter und keine Geheimnisse.',
  download: 'Herunterladen',

  deleteAccount: 'Konto löschen',
  deleteThis: 'Dieses Konto löschen …',
  deleteIntro:
    'Ihr Profil, Ihre Sitzungen, Passkeys, Authenticator-Apps und API-Tokens werden sofort gelöscht. Das lässt sich nicht rückgängig machen.',
  deleteConfirm: (name) => `Geben Sie ${name} ein, um das Konto zu löschen`,
  deleteButton: 'Mein Konto löschen',
  deleteMismatch: 'Das ist nicht der Name Ihres Kontos.',

  changeEmail: 'E-Mail-Adresse ändern',
  addEmail: 'E-Mail-Adresse hinzufügen',
  newEmail: 'Neue E-Mail-Adresse',
  emailWhatHappens:
    'Wir senden eine Nachricht an die neue Adresse. Bis Sie sie dort bestätigen, bleibt die alte.',
  emailOtherDevices: 'Die Änderung meldet alle anderen Geräte ab.',
  sendMessage: 'Nachricht senden',
  toAccount: 'Zu meinem Konto',

  changePhone: 'Telefonnummer ändern',
  addPhone: 'Telefonnummer hinzufügen',
  newPhone: 'Neue Telefonnummer',
  phoneNumberHint: 'Mit der Vorwahl des Landes, etwa +49 30 1234567',
  phoneWhatHappens:
    'Wir senden einen Code an die neue Nummer. Bis Sie ihn hier eingeben, bleibt die alte.',
  sendCode: 'Code senden',
  code: 'Code',
  codeSentTo: (target, length) =>
    `Wenn ${target} benutzt werden kann, ist ein Code unterwegs. Er gilt noch ${length}.`,
  useAnother: 'Andere Angabe',
  codeTitle: '6 bis 8 Ziffern',
  nothingPending: 'Es wartet kein Code darauf, eingegeben zu werden.',

  addPasskeyText:
    'Ihr Browser fragt nach Fingerabdruck, Gesicht oder PIN und bewahrt den Passkey auf diesem Gerät oder in Ihrem Passwortmanager auf.',
  passkeyName: 'Name',
  passkeyNameHint: 'Woran Sie ihn später erkennen, etwa „Laptop“ oder „Blauer Schlüssel“',
  createPasskey: 'Passkey erstellen',
  passkeyNeedsScript:
    'Einen Passkey erstellt ein Skript dieser Seite, und Skripte sind in diesem Browser ausgeschaltet. Erlauben Sie sie für diese Seite, oder benutzen Sie eine Authenticator-App.',
  passkeyUnsupported:
    'Dieser Browser kennt keine Passkeys. Benutzen Sie einen anderen, oder eine Authenticator-App.',
  rename: 'Umbenennen',
  removePasskey: 'Diesen Passkey entfernen …',
  removePasskeyText:
    'Er kann nicht mehr zum Anmelden benutzt werden. Löschen Sie ihn auch auf Ihrem Gerät. Das lässt sich nicht rückgängig machen.',

  totpTitle: 'Authenticator-App einrichten',
  totpStart:
    'Eine Authenticator-App auf Ihrem Telefon zeigt alle 30 Sekunden einen neuen Code. Nach Ihrem Passwort geben Sie den Code ein, den sie gerade zeigt.',
  totpLabel: 'Name',
  totpLabelHint: 'Woran Sie sie später erkennen, etwa „Telefon“',
  totpStep1: '1. Schlüssel in die App aufnehmen',
  totpScan: 'Scannen Sie den Code, oder tippen Sie diesen Schlüssel:',
  totpFacts: (account, issuer) =>
    `Konto ${account}, Aussteller ${issuer}, 6 Ziffern, 30 Sekunden`,
  qrLabel: 'QR-Code mit demselben Schlüssel',
  totpStep2: '2. Bestätigen',
  totpCode: 'Code, den die App jetzt zeigt',
  turnOn: 'Einschalten',
  totpThen: 'Danach erhalten Sie Wiederherstellungscodes.',
  codeFromApp: 'Code aus Ihrer Authenticator-App',
  codeOrRecovery: 'Code aus Ihrer Authenticator-App, oder ein Wiederherstellungscode',
  removeTotp: 'Diese Authenticator-App entfernen',
  removeTotpText:
    'Ihre Codes werden nicht mehr verlangt. Mit dem letzten zweiten Faktor entfallen auch die Wiederherstellungscodes.',

  recoveryTitle: 'Neue Wiederherstellungscodes',
  recoveryText: 'Die alten Codes gelten nicht mehr, sobald Sie neue haben.',
  createCodes: 'Neue Codes erstellen',
  recoverySaved: 'Wiederherstellungscodes sichern',
  recoverySavedText:
    'Wenn Sie Ihr Telefon verlieren, meldet jeder dieser Codes Sie einmal an. Sie werden nicht noch einmal angezeigt.',
  recoveryDone: 'Ich habe die Codes gesichert',

  tokenName: 'Name',
  tokenNameHint: 'Was es benutzen wird, etwa „nächtlicher Export“',
  tokenScopes: 'Was es darf',
  tokenEverything: 'Alles, was Sie dürfen (voller Zugriff)',
  tokenEverythingHint:
    'Wer ein solches Token hat, kann Ihr Konto benutzen wie Sie. Wählen Sie einzelne Rechte, wenn sie genügen.',
  tokenFull:
    'Das Token darf alles, was Sie dürfen. Geben Sie es nur Programmen, denen Sie Ihr Konto anvertrauen.',
  tokenAccessMissing: 'Wählen Sie, was das Token darf.',
  tokenAccessTwice: 'Wählen Sie vollen Zugriff oder einzelne Rechte.',
  tokenExpires: 'Gilt',
  tokenExpiry: {
    '30d': '30 Tage',
    '90d': '90 Tage',
    '365d': '1 Jahr',
    never: 'unbegrenzt',
  },
  tokenCreated: (name) => `Das Token „${name}“ wurde erstellt`,
  tokenShownOnce: 'Kopieren Sie es jetzt. Es wird nicht noch einmal angezeigt.',

  againTitle: 'Bestätigen Sie, dass Sie es sind',
  againText: (name) =>
    `Sie sind als ${name} angemeldet. Zeigen Sie vor diesem Schritt noch einmal, dass Sie es sind.`,
  againPasskey: 'Passkey benutzen',
  againMessage: 'Code zusenden',
  againNoWay: 'Melden Sie sich ab und noch einmal an, um fortzufahren.',

  wrongCode: 'Dieser Code ist falsch, oder er wurde schon benutzt.',
  failed: 'Das hat nicht geklappt. Versuchen Sie es noch einmal.',

  done: {
    profile: 'Ihr Profil wurde gespeichert.',
    password: 'Ihr Passwort wurde geändert.',
    email: 'Sehen Sie in Ihrem Postfach nach: Dort schließen Sie die Änderung ab.',
    email_confirmed: 'Ihre E-Mail-Adresse wurde geändert.',
    email_verify: 'Eine Nachricht wurde an Ihre E-Mail-Adresse gesendet.',
    phone: 'Ihre Telefonnummer wurde geändert.',
    passkey_added: 'Der Passkey wurde hinzugefügt.',
    passkey_renamed: 'Der Passkey wurde umbenannt.',
    passkey_removed: 'Der Passkey wurde entfernt.',
    totp_added: 'Die Authenticator-App wurde hinzugefügt.',
    totp_removed: 'Die Authenticator-App wurde entfernt.',
    session: 'Das Gerät wurde abgemeldet.',
    sessions: 'Alle anderen Geräte wurden abgemeldet.',
    device: 'Das Gerät wird wieder nach dem zweiten Faktor gefragt.',
    devices: 'Alle Geräte werden wieder nach dem zweiten Faktor gefragt.',
    token_revoked: 'Das Token wurde widerrufen.',
  },
}

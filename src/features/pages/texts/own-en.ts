/** The texts of the pages of a user who is signed in. A function takes what its sentence is about. */
export const OWN_EN = {
  account: 'My account',
  breadcrumb: 'Breadcrumb',
  /** What API tokens may do, by the scopes of the option `accounts.tokenScopes`: "read notes". */
  scopes: {} as Readonly<Record<string, string>>,
  save: 'Save',
  cancel: 'Cancel',
  change: 'Change',
  set: 'Add',
  remove: 'Remove',
  currentPassword: 'Your password',
  of: (name: string) => `of ${name}`,
  added: 'Added',
  lastUsed: 'last used',
  notUsed: 'not used yet',
  expires: 'expires',
  neverExpires: 'never expires',
  showAll: (count: number) => `Show all ${count}`,

  impersonatedBy: (actor: string, name: string) =>
    `${actor} is acting as ${name}. What belongs to the account cannot be changed.`,

  profile: 'Profile',
  username: 'Username',
  email: 'E-mail address',
  emailHint: 'Used for messages about your account',
  emailMissing: 'No e-mail address',
  phone: 'Phone number',
  phoneHint: 'Used for text messages about your account',
  phoneMissing: 'No phone number',
  verified: 'verified',
  notVerified: 'not verified',
  verify: 'Verify',
  pendingEmail: (address: string) =>
    `${address} replaces it once you have confirmed it. Nothing came? Ask for it again.`,
  pendingPhone: (number: string) => `A code was sent to ${number}.`,
  enterCode: 'Enter the code',
  waiting: 'waiting for confirmation',

  password: 'Password',
  oldPassword: 'Current password',
  newPassword: 'New password',
  passwordHint: 'Changing it signs out all other devices.',
  passwordHintAll: 'Changing it signs out all devices, this one included.',
  passwordHintNone: 'Your devices stay signed in.',
  noPassword:
    'Your account has no password. You can set one with a link that is sent to you.',
  setPassword: 'Set a password',

  passkeys: 'Passkeys',
  passkeysIntro:
    'Sign in with your fingerprint, face or PIN. A passkey cannot be guessed, and does not work on a fake site.',
  passkeysEmpty: 'You have no passkey yet.',
  addPasskey: 'Add a passkey',
  passkeyUnnamed: 'Passkey',
  synced: 'Synced',
  thisDeviceAlone: 'On one device alone',
  manage: 'Manage',

  secondFactor: 'Second factor',
  totp: 'Authenticator app',
  totpHint: 'Asked for after the password',
  setUp: 'Set up',
  addAnother: 'Add another authenticator app',
  on: 'on',
  off: 'off',
  recoveryCodes: 'Recovery codes',
  recoveryLeft: (count: number) =>
    count === 1 ? 'One code is left' : `${count} codes are left`,
  recoveryMissing: 'Available once a second factor is set up',
  recoveryFew: 'few left',
  newCodes: 'New codes',
  devices: 'Remembered devices',
  devicesIntro: 'Signing in on them asks for no second factor.',
  forget: 'Forget',
  forgetDevices: 'Forget all of them',

  sessions: 'Sessions',
  sessionsIntro:
    'The devices that are signed in to your account. If you do not know one, sign it out and change your password.',
  thisDevice: 'this device',
  unknownDevice: 'Unknown device',
  deviceOn: (program: string, system: string) => `${program} on ${system}`,
  signedIn: 'signed in',
  byActor: 'started by support',
  signOut: 'Sign out',
  signOutOthers: 'Sign out all other devices',
  noOtherSessions: 'No other device is signed in.',

  tokens: 'API tokens',
  tokensIntro:
    'For your own programs. A token gives access until it expires or is revoked; signing out does not end it.',
  tokensEmpty: 'You have no API token.',
  createToken: 'Create a token',
  tokenUnnamed: 'without a name',
  mayDo: (scopes: string) => `may ${scopes}`,
  fullAccess: 'full access',
  revoke: 'Revoke',
  expired: 'expired',

  data: 'Your data',
  exportMyData: 'Export my data',
  exportIntro:
    'One JSON file with your profile, sessions, API tokens and the events of your account. It contains no passwords and no secrets.',
  download: 'Download',

  deleteAccount: 'Delete account',
  deleteThis: 'Delete this account…',
  deleteIntro:
    'Your profile, sessions, passkeys, authenticator apps and API tokens are deleted at once. This cannot be undone.',
  deleteConfirm: (name: string) => `Type ${name} to delete the account`,
  deleteButton: 'Delete my account',
  deleteMismatch: 'This is not the name of your account.',

  changeEmail: 'Change your e-mail address',
  addEmail: 'Add an e-mail address',
  newEmail: 'New e-mail address',
  emailWhatHappens:
    'We send a message to the new address. Until you confirm it there, the old one stays.',
  emailOtherDevices: 'The change signs out all other devices.',
  sendMessage: 'Send the message',
  toAccount: 'To my account',

  changePhone: 'Change your phone number',
  addPhone: 'Add a phone number',
  newPhone: 'New phone number',
  phoneNumberHint: 'With the code of the country, such as +44 20 7946 0018',
  phoneWhatHappens:
    'We send a code to the new number. Until you enter it here, the old number stays.',
  sendCode: 'Send a code',
  code: 'Code',
  codeSentTo: (target: string, length: string) =>
    `If ${target} can be used, a code is on its way. It is valid for ${length}.`,
  useAnother: 'Use another one',
  codeTitle: '6 to 8 digits',
  nothingPending: 'No code is waiting to be entered.',

  addPasskeyText:
    'Your browser asks for your fingerprint, face or PIN, and keeps the passkey on this device or with your password manager.',
  passkeyName: 'Name',
  passkeyNameHint: 'How you recognize it later, such as “Laptop” or “Blue key”',
  createPasskey: 'Create the passkey',
  passkeyNeedsScript:
    'A passkey is created by a script of this page, and scripts are switched off in this browser. Switch them on for this site, or use an authenticator app.',
  passkeyUnsupported:
    'This browser has no passkeys. Use another one, or an authenticator app.',
  rename: 'Rename',
  removePasskey: 'Remove this passkey…',
  removePasskeyText:
    'It cannot be used to sign in any more. Delete it on your device, too. This cannot be undone.',

  totpTitle: 'Set up an authenticator app',
  totpStart:
    'An authenticator app on your phone shows a new code every 30 seconds. After your password, you enter the code that it shows.',
  totpLabel: 'Name',
  totpLabelHint: 'How you recognize it later, such as “Phone”',
  totpStep1: '1. Add the key to your app',
  totpScan: 'Scan the code, or type this key:',
  totpFacts: (account: string, issuer: string) =>
    `Account ${account}, issuer ${issuer}, 6 digits, 30 seconds`,
  qrLabel: 'QR code with the same key',
  totpStep2: '2. Confirm',
  totpCode: 'Code that the app shows now',
  turnOn: 'Turn on',
  totpThen: 'You get recovery codes next.',
  codeFromApp: 'Code from your authenticator app',
  codeOrRecovery: 'Code from your authenticator app, or a recovery code',
  removeTotp: 'Remove this authenticator app',
  removeTotpText:
    'Its codes are no longer asked for. With the last second factor the recovery codes are removed, too.',

  recoveryTitle: 'New recovery codes',
  recoveryText: 'The old codes do not work any more once you have new ones.',
  createCodes: 'Create new codes',
  recoverySaved: 'Save the recovery codes',
  recoverySavedText:
    'If you lose your phone, each of these signs you in once. They are not shown again.',
  recoveryDone: 'I have saved the codes',

  tokenName: 'Name',
  tokenNameHint: 'What will use it, such as “nightly export”',
  tokenScopes: 'What it may do',
  tokenEverything: 'Everything that you may do (full access)',
  tokenEverythingHint:
    'Who has such a token can use your account as you do. Choose single permissions if they are enough.',
  tokenFull:
    'The token may do everything that you may do. Give it to programs that you trust with your account.',
  tokenAccessMissing: 'Choose what the token may do.',
  tokenAccessTwice: 'Choose full access, or single permissions.',
  tokenExpires: 'Expires',
  tokenExpiry: {
    '30d': 'in 30 days',
    '90d': 'in 90 days',
    '365d': 'in 1 year',
    never: 'never',
  },
  tokenCreated: (name: string) => `The token “${name}” was created`,
  tokenShownOnce: 'Copy it now. It is not shown again.',

  againTitle: 'Confirm it is you',
  againText: (name: string) =>
    `You are signed in as ${name}. Before this step, show once more that it is you.`,
  againPasskey: 'Use a passkey',
  againMessage: 'Send me a code',
  againNoWay: 'Sign out, and sign in again, to go on.',

  wrongCode: 'This code is not correct, or it was used before.',
  failed: 'This did not work. Try again.',

  done: {
    profile: 'Your profile was saved.',
    password: 'Your password was changed.',
    email: 'Check your mail: the change is finished there.',
    email_confirmed: 'Your e-mail address was changed.',
    email_verify: 'A message was sent to your e-mail address.',
    phone: 'Your phone number was changed.',
    passkey_added: 'The passkey was added.',
    passkey_renamed: 'The passkey was renamed.',
    passkey_removed: 'The passkey was removed.',
    totp_added: 'The authenticator app was added.',
    totp_removed: 'The authenticator app was removed.',
    session: 'The device was signed out.',
    sessions: 'All other devices were signed out.',
    device: 'The device is asked for the second factor again.',
    devices: 'All devices are asked for the second factor again.',
    token_revoked: 'The token was revoked.',
  },
}

export type OwnTexts = typeof OWN_EN

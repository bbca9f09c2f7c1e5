import type { Language } from '../../pages/time.ts'

/** The words of the section of the account. */
export const applicationTexts = {
  en: {
    title: 'Connected applications',
    intro: 'Applications that you have let use your account.',
    none: 'None yet.',
    may: (words: string) => `It may: ${words}`,
    since: 'Connected since',
    lastUsed: 'last used',
    notUsed: 'not used yet',
    disconnect: 'Disconnect',
    disconnected: 'The application is disconnected.',
  },
  de: {
    title: 'Verbundene Anwendungen',
    intro: 'Anwendungen, denen Sie erlaubt haben, Ihr Konto zu verwenden.',
    none: 'Noch keine.',
    may: (words: string) => `Sie darf: ${words}`,
    since: 'Verbunden seit',
    lastUsed: 'zuletzt verwendet',
    notUsed: 'noch nicht verwendet',
    disconnect: 'Trennen',
    disconnected: 'Die Anwendung ist getrennt.',
  },
} as const satisfies Record<Language, object>

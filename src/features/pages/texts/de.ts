import { de as common } from '../../../pages/texts/de.ts'
import { OWN_DE } from './own-de.ts'
import type { PageTexts } from './page-texts.ts'
import { signInDe } from './sign-in-de.ts'

export const de: PageTexts = { ...common, ...signInDe, own: OWN_DE }

import { en as common } from '../../../pages/texts/en.ts'
import { OWN_EN } from './own-en.ts'
import type { PageTexts } from './page-texts.ts'
import { signInEn } from './sign-in-en.ts'

export const en: PageTexts = { ...common, ...signInEn, own: OWN_EN }

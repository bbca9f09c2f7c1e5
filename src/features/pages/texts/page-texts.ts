import type { CommonTexts } from '../../../pages/texts/common.ts'
import type { OwnTexts } from './own-en.ts'
import type { SignInTexts } from './sign-in-en.ts'

/** Every text of the pages. */
export interface PageTexts extends CommonTexts, SignInTexts {
  /** Those of a user who is signed in. */
  readonly own: OwnTexts
}

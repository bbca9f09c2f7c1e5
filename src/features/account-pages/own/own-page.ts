import type { PageContext } from '../../../pages/context.ts'
import type { PageTexts } from '../../pages/texts/page-texts.ts'
import type { Visit } from '../../pages/visit.ts'

/** What a page of a user who is signed in knows besides its own data. */
export type OwnPage = PageContext<PageTexts> & Pick<Visit, 'accountPath'>

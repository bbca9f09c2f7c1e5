import { trusted } from '../../../pages/html.ts'

export const KEY_ICON = trusted(
  '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><circle cx="6.5" cy="10" r="3.5"/><path d="M10 10h8M15 10v3M18 10v2"/></svg>',
)
export const MAIL_ICON = trusted(
  '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M2.5 4.5h15v11h-15zM2.5 5l7.5 6 7.5-6"/></svg>',
)

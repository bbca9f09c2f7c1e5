import { createElement } from 'react'

export default ({ children }) =>
  createElement('html', { lang: 'en' }, createElement('body', null, children))

import { watchword } from 'watchword'

console.log(watchword)

import { Controller, Get, Param, Put, UseGuards } from '@nestjs/common'
import type { User } from 'watchword'
import { CurrentUser } from 'watchword/nest'
import { guard } from './auth.js'

@Controller()
export class AppController {
  @Get('hello')
  @UseGuards(guard())
  hello(@CurrentUser() user: User) {
    return { hello: user.username }
  }

  @Put('posts/:id')
  @UseGuards(guard('posts.change'))
  change(@Param('id') id: string, @CurrentUser() user: User) {
    return { changed: id, by: user.username }
  }
}

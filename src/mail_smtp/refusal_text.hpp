// Whether a mail server's refusal speaks of us: our login, our sender, our allowance.
//
// Collected from the replies that Gmail, Microsoft 365, Amazon SES, Postmark, Mailgun, SendGrid,
// Yandex, Mail.ru, Postfix, Exim, Courier, Exchange and hMailServer document or were seen to send.
//
// Thread contract: pure functions.
#pragma once

#include <string_view>

#include "mail_smtp/relay_fault.hpp"
#include "mail_smtp/reply.hpp"

namespace postern {

/// For a reply to RCPT, DATA or the final dot. RelayFault::kNone: it is about the message. Of a 4yz
/// only what can mean nothing but us counts: a "try again later" there is about the recipient.
/// Words that are the recipient's own address mean nothing: any person may choose one.
RelayFault blamed_on_us(const SmtpReply& reply, std::string_view recipient);

}  // namespace postern

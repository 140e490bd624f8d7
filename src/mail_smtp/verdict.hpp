// What a refusal means for the letter: never, later, or the relay is at fault; and the server's
// words, made fit for a log.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "mail/mailer.hpp"
#include "mail_smtp/reply.hpp"

namespace postern {

enum class SmtpStep { kMail, kRcpt, kData, kMessage };

/// "MAIL", "RCPT", "DATA", "message".
const char* step_name(SmtpStep step);

/// For a reply that is not the one `step` hoped for. 4xx is later, 5xx never. The relay is at fault
/// at 421, at 530, 534, 535 and 538 (AUTH, RFC 4954), at a reply that has no meaning at this step,
/// and at a MAIL refused for its sender, who is the same for every letter (550, 553, 5.1.7, 5.1.8,
/// 5.7.*).
DeliveryReport judge_refusal(SmtpStep step, const SmtpReply& reply, std::string_view recipient);

/// "550 5.1.1 [address]: no such user": printable ASCII, at most limits::kSmtpReasonBytes. Words
/// with an '@' and the recipient's local part are replaced, the query of a link is cut off, and so
/// is any word too long to be a word: a filter may quote the letter, whose link is a secret.
std::string server_words(const SmtpReply& reply, std::string_view recipient);

/// "535 5.7.8": for the replies to AUTH, which may quote what was sent.
std::string server_codes(const SmtpReply& reply);

}  // namespace postern

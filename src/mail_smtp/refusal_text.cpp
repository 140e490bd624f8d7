#include "mail_smtp/refusal_text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "text/ascii.hpp"

namespace postern {
namespace {

struct Phrase {
  std::string_view text;
  RelayFault fault;
};

// Enhanced codes without their class: "7.60" is 5.7.60 and 4.7.60.
constexpr std::array kCodes = {
    Phrase{"1.7", RelayFault::kSender},    Phrase{"1.8", RelayFault::kSender},
    Phrase{"1.90", RelayFault::kQuota},    Phrase{"2.252", RelayFault::kSender},
    Phrase{"4.5", RelayFault::kQuota},     Phrase{"7.8", RelayFault::kLogin},
    Phrase{"7.9", RelayFault::kLogin},     Phrase{"7.11", RelayFault::kLogin},
    Phrase{"7.14", RelayFault::kLogin},    Phrase{"7.20", RelayFault::kSender},
    Phrase{"7.21", RelayFault::kSender},   Phrase{"7.22", RelayFault::kSender},
    Phrase{"7.23", RelayFault::kSender},   Phrase{"7.25", RelayFault::kName},
    Phrase{"7.26", RelayFault::kSender},   Phrase{"7.27", RelayFault::kSender},
    Phrase{"7.28", RelayFault::kRate},     Phrase{"7.30", RelayFault::kSender},
    Phrase{"7.54", RelayFault::kRelaying}, Phrase{"7.57", RelayFault::kLogin},
    Phrase{"7.60", RelayFault::kSender},   Phrase{"7.64", RelayFault::kRelaying},
    Phrase{"7.232", RelayFault::kQuota},   Phrase{"7.233", RelayFault::kQuota},
    Phrase{"7.501", RelayFault::kQuota},   Phrase{"7.502", RelayFault::kQuota},
    Phrase{"7.503", RelayFault::kQuota},   Phrase{"7.508", RelayFault::kRate},
    Phrase{"7.509", RelayFault::kSender},  Phrase{"7.511", RelayFault::kQuota},
    Phrase{"7.515", RelayFault::kSender},  Phrase{"7.705", RelayFault::kQuota},
    Phrase{"7.708", RelayFault::kQuota},   Phrase{"7.750", RelayFault::kSender},
};

// These mean us in whatever reply they stand.
constexpr std::array kPlain = {
    Phrase{"send as", RelayFault::kSender},
    Phrase{"sendas", RelayFault::kSender},
    Phrase{"send on behalf", RelayFault::kSender},
    Phrase{"not allowed to send", RelayFault::kSender},
    Phrase{"not authorized to send", RelayFault::kSender},
    Phrase{"not authorised to send", RelayFault::kSender},
    Phrase{"not permitted to send", RelayFault::kSender},
    Phrase{"permissions to send", RelayFault::kSender},
    Phrase{"permission to send", RelayFault::kSender},
    Phrase{"sender address rejected", RelayFault::kSender},
    Phrase{"sender rejected", RelayFault::kSender},
    Phrase{"sender denied", RelayFault::kSender},
    Phrase{"sender not allowed", RelayFault::kSender},
    Phrase{"sender is not allowed", RelayFault::kSender},
    Phrase{"sender verify failed", RelayFault::kSender},
    Phrase{"sender verification failed", RelayFault::kSender},
    Phrase{"sender domain", RelayFault::kSender},
    Phrase{"sender identity", RelayFault::kSender},
    Phrase{"sender signature", RelayFault::kSender},
    Phrase{"bad outbound sender", RelayFault::kSender},
    Phrase{"unverified sender", RelayFault::kSender},
    Phrase{"address is not verified", RelayFault::kSender},
    Phrase{"address not verified", RelayFault::kSender},
    Phrase{"domain is not verified", RelayFault::kSender},
    Phrase{"domain not verified", RelayFault::kSender},
    Phrase{"identities failed the check", RelayFault::kSender},
    Phrase{"not owned by", RelayFault::kSender},
    Phrase{"not local sender", RelayFault::kSender},
    Phrase{"from address does not match", RelayFault::kSender},
    Phrase{"from address you supplied", RelayFault::kSender},
    Phrase{"relay access denied", RelayFault::kRelaying},
    Phrase{"relaying denied", RelayFault::kRelaying},
    Phrase{"relay denied", RelayFault::kRelaying},
    Phrase{"relaying not allowed", RelayFault::kRelaying},
    Phrase{"relay not permitted", RelayFault::kRelaying},
    Phrase{"relaying not permitted", RelayFault::kRelaying},
    Phrase{"not permitted to relay", RelayFault::kRelaying},
    Phrase{"not allowed to relay", RelayFault::kRelaying},
    Phrase{"unable to relay", RelayFault::kRelaying},
    Phrase{"do not relay", RelayFault::kRelaying},
    Phrase{"authentication required", RelayFault::kLogin},
    Phrase{"authentication is required", RelayFault::kLogin},
    Phrase{"authentication failed", RelayFault::kLogin},
    Phrase{"must authenticate", RelayFault::kLogin},
    Phrase{"please authenticate", RelayFault::kLogin},
    Phrase{"not authenticated", RelayFault::kLogin},
    Phrase{"auth required", RelayFault::kLogin},
    Phrase{"not logged in", RelayFault::kLogin},
    Phrase{"helo command rejected", RelayFault::kName},
    Phrase{"need fully-qualified hostname", RelayFault::kName},
    Phrase{"client host rejected", RelayFault::kPath},
    Phrase{"client host blocked", RelayFault::kPath},
    Phrase{"submission quota", RelayFault::kQuota},
    Phrase{"submissionquota", RelayFault::kQuota},
    Phrase{"sending quota", RelayFault::kQuota},
    Phrase{"message quota", RelayFault::kQuota},
    Phrase{"sending limit", RelayFault::kQuota},
    Phrase{"daily limit", RelayFault::kQuota},
    Phrase{"hourly limit", RelayFault::kQuota},
    Phrase{"relay limit", RelayFault::kQuota},
    Phrase{"credits exceeded", RelayFault::kQuota},
    Phrase{"free accounts", RelayFault::kQuota},
    Phrase{"account suspended", RelayFault::kQuota},
    Phrase{"account is suspended", RelayFault::kQuota},
    Phrase{"account has been suspended", RelayFault::kQuota},
    Phrase{"sending paused", RelayFault::kQuota},
    Phrase{"exceeded threshold", RelayFault::kQuota},
    Phrase{"throttling failure", RelayFault::kRate},
    Phrase{"sending rate", RelayFault::kRate},
    Phrase{"too many emails", RelayFault::kRate},
    Phrase{"unusual rate", RelayFault::kRate},
};

// These mean us in a 5yz that does not speak of the recipient's mailbox or of a size.
constexpr std::array kPermanent = {
    Phrase{"account disabled", RelayFault::kQuota},
    Phrase{"account is disabled", RelayFault::kQuota},
    Phrase{"account has been disabled", RelayFault::kQuota},
    Phrase{"account blocked", RelayFault::kQuota},
    Phrase{"account is blocked", RelayFault::kQuota},
    Phrase{"limit exceeded", RelayFault::kQuota},
    Phrase{"limit reached", RelayFault::kQuota},
    Phrase{"limit has been", RelayFault::kQuota},
    Phrase{"exceeded the limit", RelayFault::kQuota},
    Phrase{"exceeded your", RelayFault::kQuota},
    Phrase{"exceeded its", RelayFault::kQuota},
    Phrase{"quota exceeded", RelayFault::kQuota},
    Phrase{"too many", RelayFault::kRate},
    Phrase{"rate limit", RelayFault::kRate},
    Phrase{"ratelimit", RelayFault::kRate},
    Phrase{"rate exceeded", RelayFault::kRate},
    Phrase{"throttl", RelayFault::kRate},
    Phrase{"per second", RelayFault::kRate},
    Phrase{"per minute", RelayFault::kRate},
    Phrase{"per hour", RelayFault::kRate},
    Phrase{"per day", RelayFault::kQuota},
    Phrase{"try again later", RelayFault::kRate},
    Phrase{"try later", RelayFault::kRate},
    Phrase{"slow down", RelayFault::kRate},
};

constexpr std::array<std::string_view, 16> kOfTheRecipient = {"mailbox",
                                                              "inbox",
                                                              "recipient",
                                                              "user is over",
                                                              "user over quota",
                                                              "over quota",
                                                              "message size",
                                                              "size limit",
                                                              "too large",
                                                              "too big",
                                                              "storage",
                                                              "too many hop",
                                                              "too many rece",
                                                              "disk",
                                                              "you are trying to contact",
                                                              "you tried to reach"};

struct Text {
  /// Of the reply, without what looks like an address.
  std::string words;
  std::string recipient;
};

template <class Phrases>
RelayFault find(const Phrases& phrases, const Text& text) {
  const auto found = std::find_if(phrases.begin(), phrases.end(), [&](const Phrase& phrase) {
    return text.words.find(phrase.text) != std::string::npos &&
           text.recipient.find(phrase.text) == std::string::npos;
  });
  return found == phrases.end() ? RelayFault::kNone : found->fault;
}

bool is_address(std::string_view word) {
  return word.find('@') != std::string_view::npos || word.find("%40") != std::string_view::npos;
}

/// All lines in lower case, with one blank between the words.
Text folded(const SmtpReply& reply, std::string_view recipient) {
  Text text{{}, ascii::to_lower(recipient)};
  for (const std::string& line : reply.lines) {
    std::size_t begin = 0;
    while ((begin = line.find_first_not_of(" \t", begin)) != std::string::npos) {
      const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
      const auto word = std::string_view(line).substr(begin, end - begin);
      if (!is_address(word)) text.words.append(text.words.empty() ? "" : " ").append(word);
      begin = end;
    }
  }
  text.words = ascii::to_lower(text.words);
  return text;
}

/// RFC 3463: 1 and 2 are the address and the mailbox, 3.4 is the size of the message.
bool code_names_recipient(std::string_view subject) {
  return subject.starts_with("1.") || subject.starts_with("2.") || subject == "3.4";
}

/// Exchange: the recipient does not take mail from senders of our kind (7.120 to 7.139).
bool code_names_restriction(std::string_view subject) {
  return subject.size() == 5 && (subject.starts_with("7.12") || subject.starts_with("7.13"));
}

}  // namespace

RelayFault blamed_on_us(const SmtpReply& reply, std::string_view recipient) {
  // RFC 4954, 6: authentication is wanted, or not good enough.
  if (reply.code == 530 || reply.code == 534 || reply.code == 535 || reply.code == 538)
    return RelayFault::kLogin;
  const std::string_view subject =
      reply.enhanced.size() > 2 ? std::string_view(reply.enhanced).substr(2) : std::string_view();
  const auto code = std::find_if(kCodes.begin(), kCodes.end(),
                                 [&](const Phrase& known) { return known.text == subject; });
  if (code != kCodes.end() && (reply.code >= 500 || code->text == "7.28")) return code->fault;

  if (code_names_restriction(subject)) return RelayFault::kNone;
  const Text text = folded(reply, recipient);
  if (const RelayFault plain = find(kPlain, text); plain != RelayFault::kNone) return plain;
  if (reply.code < 500 || code_names_recipient(subject)) return RelayFault::kNone;
  const bool of_the_recipient = std::any_of(
      kOfTheRecipient.begin(), kOfTheRecipient.end(),
      [&](std::string_view phrase) { return text.words.find(phrase) != std::string::npos; });
  return of_the_recipient ? RelayFault::kNone : find(kPermanent, text);
}

}  // namespace postern

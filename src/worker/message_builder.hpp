// From a mail job to the email: which link belongs to a kind, and which token is in it.
//
// Thread contract: immutable; build() may be called from any thread.
// Tokens are made here, at the moment of sending, and nowhere else.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "crypto/mail_token.hpp"
#include "mail/composer.hpp"

namespace postern {

class MessageBuilder {
 public:
  /// `base_url` is without a trailing slash; what is referred to outlives the writer.
  MessageBuilder(std::string base_url, Duration token_ttl, const MailTokenSigner& signer,
                 const Composer& composer)
      : base_url_(std::move(base_url)),
        token_ttl_(token_ttl),
        signer_(signer),
        composer_(composer) {}

  /// Error: internal, when no token can be made.
  Result<Mail> build(const MailJob& job, TimePoint now) const;

 private:
  Result<std::string> token_link(const MailJob& job, Duration life, TimePoint now) const;

  const std::string base_url_;
  const Duration token_ttl_;
  const MailTokenSigner& signer_;
  const Composer& composer_;
};

}  // namespace postern

// From a mail job to the letter: its token is minted here, and nowhere else.
//
// Thread contract: may be called from any thread; what it refers to outlives it.
// Throws what the composer throws; sends nothing.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "crypto/mail_token.hpp"
#include "mail/composer.hpp"
#include "mail/mail.hpp"
#include "model/mail_job.hpp"

namespace postern {

struct LetterSettings {
  /// Without a trailing slash.
  std::string base_url;
  Duration token_ttl = std::chrono::minutes(60);
};

class LetterWriter {
 public:
  LetterWriter(LetterSettings settings, const MailTokenSigner& signer, const Composer& composer)
      : settings_(std::move(settings)), signer_(signer), composer_(composer) {}

  /// The letter with a token that lives from `now`.
  Mail write(const MailJob& job, TimePoint now) const;

 private:
  const LetterSettings settings_;
  const MailTokenSigner& signer_;
  const Composer& composer_;
};

}  // namespace postern

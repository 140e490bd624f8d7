#include "worker/letter_writer.hpp"

#include "base/ids.hpp"

namespace postern {

Mail LetterWriter::write(const MailJob& job, TimePoint now) const {
  Letter letter;
  if (job.kind == MailKind::kAlreadyRegistered) {
    letter.link = settings_.base_url + "/recover-password";
  } else {
    MailTokenClaims claims;
    claims.account_id = job.account_id;
    claims.credential_version = job.credential_version;
    claims.token_id = new_id(now);
    claims.issued_at = now;
    claims.expires_at = now + settings_.token_ttl;
    claims.locale = job.locale;
    claims.return_to = job.return_to;
    letter.link = settings_.base_url +
                  "/set-password?token=" + signer_.mint(MailTokenPurpose::kSetPassword, claims);
    letter.link_life = settings_.token_ttl;
  }
  return composer_.compose(job, letter, now);
}

}  // namespace postern

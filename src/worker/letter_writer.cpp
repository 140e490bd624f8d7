#include "worker/letter_writer.hpp"

#include <optional>

#include "base/ids.hpp"

namespace postern {
namespace {

/// Where the button of a letter without a token leads; nothing for a kind that has one.
std::optional<std::string_view> plain_path(MailKind kind) {
  switch (kind) {
    case MailKind::kConfirm:
    case MailKind::kRecover:
    case MailKind::kConfirmEmail:
      return std::nullopt;
    case MailKind::kAlreadyRegistered:
      return "/login";
    // Whoever did not ask for the change sets a new password: that withdraws it, and ends the
    // sessions of whoever did.
    case MailKind::kPasswordChanged:
    case MailKind::kEmailChangeRequested:
      return "/recover-password";
    case MailKind::kAccountDeleted:
      return "/register";
  }
  return "/";
}

}  // namespace

std::string LetterWriter::token_link(const MailJob& job, TimePoint now) const {
  const bool confirms_email = job.kind == MailKind::kConfirmEmail;
  MailTokenClaims claims;
  claims.account_id = job.account_id;
  claims.credential_version = job.credential_version;
  claims.token_id = new_id(now);
  claims.issued_at = now;
  claims.expires_at = now + token_ttl_;
  // The recipient is the new address: the token is for that one and no other.
  if (confirms_email) claims.email_mark = email_mark(job.email);
  claims.locale = job.locale;
  claims.return_to = job.return_to;
  const auto purpose =
      confirms_email ? MailTokenPurpose::kConfirmEmail : MailTokenPurpose::kSetPassword;
  const std::string_view path = confirms_email ? "/confirm-email?token=" : "/set-password?token=";
  return base_url_ + std::string(path) + signer_.mint(purpose, claims);
}

Mail LetterWriter::write(const MailJob& job, TimePoint now) const {
  Letter letter;
  if (const auto path = plain_path(job.kind)) {
    letter.link = base_url_ + std::string(*path);
  } else {
    letter.link = token_link(job, now);
    letter.link_life = token_ttl_;
  }
  letter.recover_link = base_url_ + "/recover-password";
  return composer_.compose(job, letter, now);
}

}  // namespace postern

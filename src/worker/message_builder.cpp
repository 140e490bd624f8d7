#include "worker/message_builder.hpp"

#include <algorithm>
#include <optional>

#include "base/login_limits.hpp"

namespace postern {
namespace {

/// Where the button of an email without a token leads; nothing for a kind that has one.
std::optional<std::string_view> plain_path(MailKind kind) {
  switch (kind) {
    case MailKind::kConfirm:
    case MailKind::kRecover:
    case MailKind::kConfirmEmail:
    case MailKind::kEmailChanged:
      return std::nullopt;
    case MailKind::kAlreadyRegistered:
      return "/login";
    // An owner who did not ask for the change sets a new password: that withdraws it and ends
    // the sessions of the one who did.
    case MailKind::kPasswordChanged:
    case MailKind::kEmailChangeRequested:
      return "/recover-password";
    case MailKind::kAccountDeleted:
      return "/register";
  }
  return "/";
}

}  // namespace

Result<std::string> MessageBuilder::token_link(const MailJob& job, Duration life,
                                               TimePoint now) const {
  const bool confirms_email = job.kind == MailKind::kConfirmEmail;
  const bool takes_back = job.kind == MailKind::kEmailChanged;
  MailTokenClaims claims;
  claims.account_id = job.account_id;
  claims.credential_version = job.credential_version;
  claims.token_id = new_token_id();
  claims.issued_at = now;
  // An address is taken back within a time that begins with its change, not with the email.
  claims.expires_at = (takes_back ? std::min(job.requested_at, now) : now) + life;
  // The recipient is the new address: the token is for that one and no other.
  if (confirms_email) claims.email_mark = email_mark(job.email);
  if (takes_back) claims.former_email = job.email;
  claims.locale = job.locale;
  claims.return_to = job.return_to;
  const auto purpose = confirms_email ? MailTokenPurpose::kConfirmEmail
                       : takes_back   ? MailTokenPurpose::kTakeBackEmail
                                      : MailTokenPurpose::kSetPassword;
  const std::string_view path = confirms_email ? "/confirm-email?token=" : "/set-password?token=";
  auto token = signer_.mint(purpose, claims);
  if (!token) return token.error();
  return base_url_ + std::string(path) + *token;
}

Result<Mail> MessageBuilder::build(const MailJob& job, TimePoint now) const {
  MailLink link;
  if (const auto path = plain_path(job.kind)) {
    link.url = base_url_ + std::string(*path);
  } else {
    link.lifetime =
        job.kind == MailKind::kEmailChanged ? Duration(limits::kTakeBackLife) : token_ttl_;
    auto url = token_link(job, link.lifetime, now);
    if (!url) return url.error();
    link.url = *std::move(url);
  }
  link.recover_url = base_url_ + "/recover-password";
  return composer_.compose(job, link, now);
}

}  // namespace postern

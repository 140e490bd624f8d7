#include "account/send_email.hpp"

#include <algorithm>
#include <future>

#include "account/mail_request.hpp"
#include "account/mail_row.hpp"
#include "account/read_accounts.hpp"
#include "account/recover_password.hpp"

namespace postern {
namespace {

Result<MailKind> suitable_kind(const Account& account, const std::optional<MailKind>& wanted);
Status request_and_wait(AccountServices& services, const Account& account,
                        const RequestContext& context);
std::optional<QueuedEmail> newest_email(const AccountDetails& before, const AccountDetails& after);
Error held_back(const AccountServices& services, const Account& account, MailKind kind);

}  // namespace

Result<QueuedEmail> send_email(AccountServices& services, const EmailOrder& order) {
  const auto before = show_account(services.writer, order.account);
  if (!before) return before.error();
  const auto kind = suitable_kind(before->account, order.kind);
  if (!kind) return kind.error();
  if (auto status = request_and_wait(services, before->account, order.context); !status) {
    return status.error();
  }
  const auto after = show_account(services.writer, {AccountRef::By::kId, before->account.id});
  if (!after) return after.error();
  if (auto queued = newest_email(*before, *after)) return *std::move(queued);
  return held_back(services, after->account, *kind);
}

namespace {

Result<MailKind> suitable_kind(const Account& account, const std::optional<MailKind>& wanted) {
  const auto unsuitable = [&](const std::string& why) {
    return Error{"unsuitable", Retry::kNever,
                 "the account is " + std::string(to_string(account.state)) + ": " + why};
  };
  if (account.state == AccountState::kDisabled) return unsuitable("it gets no email");
  const auto kind =
      account.state == AccountState::kConfirmed ? MailKind::kRecover : MailKind::kConfirm;
  if (!wanted || *wanted == kind) return kind;
  return unsuitable("the email that fits it is " + std::string(to_string(kind)));
}

Status request_and_wait(AccountServices& services, const Account& account,
                        const RequestContext& context) {
  std::promise<Status> answer;
  MailRequest request{{account.email, account.email_key}, account.locale, {}, context};
  request_mail(services, std::move(request), {"send", recovery().choose, {}},
               [&](Status status) { answer.set_value(std::move(status)); });
  return answer.get_future().get();
}

/// What the second look has and the first one had not.
std::optional<QueuedEmail> newest_email(const AccountDetails& before, const AccountDetails& after) {
  for (const auto& mail : after.mails) {
    if (std::ranges::count(before.mails, mail.mail_id, &MailStatus::mail_id) > 0) break;
    const auto kind = parse_mail_kind(mail.kind);
    if (kind == MailKind::kConfirm || kind == MailKind::kRecover) {
      return QueuedEmail{mail.mail_id, *kind};
    }
  }
  return std::nullopt;
}

Error held_back(const AccountServices& services, const Account& account, MailKind kind) {
  const TimePoint now = services.clock.now();
  const auto room_at = mail_room_at(services.settings, account, kind, now);
  if (room_at <= now) {
    return {"unsuitable", Retry::kLater, "no email was sent: the account has changed meanwhile"};
  }
  return {"mail_limit", Retry::kLater,
          "no email was sent: the address has reached MAIL_LIMIT_PER_ADDRESS; there is room again "
          "at " +
              to_rfc3339(room_at)};
}

}  // namespace
}  // namespace postern

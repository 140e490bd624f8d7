#include "admin/account_support.hpp"

#include <cstdio>
#include <future>
#include <iostream>

#include "account/read_accounts.hpp"
#include "account/read_history.hpp"
#include "account/remove_account.hpp"
#include "account/revoke_client.hpp"
#include "account/send_email.hpp"
#include "account/unlock_account.hpp"
#include "admin/account_output.hpp"
#include "base/session_limits.hpp"
#include "text/plain_text.hpp"
#include "text/units.hpp"

namespace postern {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;

RequestContext context() { return {kAccountsRequestId, {}}; }

/// The id: a deleted account has nothing else left.
Result<std::string> id_of(AccountServices& services, const AccountRef& ref) {
  if (ref.by == AccountRef::By::kId) return ref.value;
  const auto view = show_account(services.writer, ref);
  if (!view) {
    return Error{view.error().code, view.error().retry,
                 view.error().cause + "; the history of a deleted account is found by its id"};
  }
  return view->account.id;
}

bool is_confirmed_at_terminal(const Account& account) {
  std::fprintf(stderr, "Delete the account %s (%s, %s) permanently? [y/N] ", account.email.c_str(),
               account.id.c_str(), std::string(to_string(account.state)).c_str());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

int show_history(AccountServices& services, const AccountArgument& argument,
                 const HistoryOptions& options) {
  const auto ref = find_account(services, argument);
  if (!ref) return command_failed(ref.error());
  const auto id = id_of(services, *ref);
  if (!id) return command_failed(id.error());
  // One more than is shown tells whether there are more.
  auto entries = read_history(services.writer, {*id, options.limit + 1, services.clock.now()});
  if (!entries) return command_failed(entries.error());
  const bool more = entries->size() > options.limit;
  if (more) entries->erase(entries->begin());
  print_output(options.json ? history_as_json(*id, *entries) : history_as_text(*entries));
  if (more) std::fprintf(stderr, "there are older entries: see --limit\n");
  return kDone;
}

int send_again(AccountServices& services, const AccountArgument& argument,
               const std::optional<MailKind>& kind) {
  const auto ref = find_account(services, argument);
  if (!ref) return command_failed(ref.error());
  const auto queued = send_email(services, {*ref, kind, context()});
  if (!queued) return command_failed(queued.error());
  print_output("the email " + std::string(to_string(queued->kind)) +
               " is queued: " + queued->mail_id + "\n");
  return kDone;
}

int unlock(AccountServices& services, const AccountArgument& argument) {
  const auto ref = find_account(services, argument);
  if (!ref) return command_failed(ref.error());
  const auto unlocked = unlock_account(services, *ref, context());
  if (!unlocked) return command_failed(unlocked.error());
  const auto count = std::to_string(unlocked->failures);
  print_output(unlocked->was_locked      ? "unlocked: " + count + " wrong passwords are forgotten\n"
               : unlocked->failures == 0 ? "it was not locked: no wrong password was counted\n"
                                         : "it was not locked: " + count + " wrong passwords of " +
                                               std::to_string(limits::kLoginFailures) +
                                               " were counted, and are forgotten\n");
  return kDone;
}

int revoke_product(AccountServices& services, const AccountArgument& argument,
                   const std::string& client_id) {
  const auto ref = find_account(services, argument);
  if (!ref) return command_failed(ref.error());
  const auto revoked = revoke_client(services, {*ref, client_id, context()});
  if (!revoked) return command_failed(revoked.error());
  if (!revoked->had_consent && revoked->grants == 0) {
    return command_failed({"not_found", Retry::kNever,
                           "the account has no consent and no login for " + one_line(client_id)});
  }
  print_output(one_line(client_id) + ": " +
               (revoked->had_consent ? "consent withdrawn, " : "it had no consent, ") +
               std::to_string(revoked->grants) +
               (revoked->grants == 1 ? " login ended\n" : " logins ended\n"));
  return kDone;
}

int delete_account_of(AccountServices& services, const AccountArgument& argument,
                      Confirmation confirmation) {
  auto ref = find_account(services, argument);
  if (!ref) return command_failed(ref.error());
  if (confirmation == Confirmation::kAsk) {
    const auto view = show_account(services.writer, *ref);
    if (!view) return command_failed(view.error());
    if (!is_confirmed_at_terminal(view->account)) {
      std::fprintf(stderr, "nothing was deleted\n");
      return kFailed;
    }
    // The account that was shown, even if the address has another one by now.
    ref = AccountRef{AccountRef::By::kId, view->account.id};
  }
  std::promise<Result<Account>> answer;
  remove_account(services, {*ref, context()},
                 [&](Result<Account> result) { answer.set_value(std::move(result)); });
  const auto result = answer.get_future().get();
  if (!result) return command_failed(result.error());
  print_output(result->id + " is deleted\n");
  return kDone;
}

}  // namespace postern

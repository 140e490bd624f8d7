#include "admin/account_commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>

#include "account/create_account.hpp"
#include "account/disable_account.hpp"
#include "account/read_accounts.hpp"
#include "account/remove_account.hpp"
#include "admin/account_output.hpp"
#include "admin/account_transfer.hpp"
#include "base/limits.hpp"
#include "text/email.hpp"
#include "text/locale.hpp"

namespace postern::admin {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
/// In the audit trail, where a request's id stands.
constexpr const char* kRequestId = "postern accounts";

using Work = std::function<int(AccountServices&)>;

int failed(const Error& error) {
  std::fprintf(stderr, "postern: %s\n",
               error.detail.empty() ? error.code.c_str() : error.detail.c_str());
  return kFailed;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

EmailAddress email_argument(const std::string& text) {
  const auto email = parse_email(text);
  if (!email) throw CLI::ValidationError("EMAIL", "is not an e-mail address");
  return *email;
}

/// What has an @ in it is an address, everything else an id.
AccountRef account_argument(const std::string& text) {
  if (text.find('@') == std::string::npos) return {AccountRef::By::kId, text};
  return {AccountRef::By::kEmailKey, email_argument(text).key};
}

/// What the subcommands are given.
struct Arguments {
  std::string account;
  std::string email;
  std::string locale = "en";
  std::string after;
  std::string state;
  std::string file;
  std::string format = "jsonl";
  std::size_t limit = limits::kAccountsListed;
  bool json = false;
};

int list(AccountServices& services, const Arguments& arguments) {
  // One more than is shown tells whether there are more.
  AccountPage page{arguments.after, parse_account_state(arguments.state), arguments.limit + 1};
  auto accounts = list_accounts(services.writer, page);
  if (!accounts) return failed(accounts.error());
  std::string next;
  if (accounts->size() > arguments.limit) {
    accounts->pop_back();
    next = accounts->back().id;
  }
  if (arguments.json) {
    print(accounts_as_json(*accounts, next));
    return kDone;
  }
  print(accounts_as_text(*accounts));
  if (!next.empty()) std::fprintf(stderr, "there are more: --after %s\n", next.c_str());
  return kDone;
}

int show(AccountServices& services, const AccountRef& account, bool json) {
  const auto view = show_account(services.writer, account);
  if (!view) return failed(view.error());
  print(json ? account_as_json(*view) : account_as_text(*view));
  return kDone;
}

int sessions(AccountServices& services, const AccountRef& account, bool json) {
  const auto view = show_account(services.writer, account);
  if (!view) return failed(view.error());
  print(json ? sessions_as_json(*view) : sessions_as_text(*view));
  return kDone;
}

int create(AccountServices& services, const EmailAddress& email, const std::string& locale) {
  std::promise<Status> answer;
  MailRequest request{email, locale, {}, {kRequestId, {}}};
  create_account(services, std::move(request),
                 [&](Status status) { answer.set_value(std::move(status)); });
  if (const auto status = answer.get_future().get(); !status) return failed(status.error());
  const auto view = show_account(services.writer, {AccountRef::By::kEmailKey, email.key});
  if (!view) return failed(view.error());
  print("created " + view->account.id + ", a letter is on its way\n");
  return kDone;
}

using Change = void (*)(AccountServices&, AccountChange, AccountDone);

int change(AccountServices& services, Change operation, const AccountRef& account) {
  std::promise<Result<Account>> answer;
  operation(services, {account, {kRequestId, {}}},
            [&](Result<Account> result) { answer.set_value(std::move(result)); });
  const auto result = answer.get_future().get();
  if (!result) return failed(result.error());
  const bool deleted = operation == remove_account;
  print(result->id + " is " + (deleted ? "deleted" : std::string(to_string(result->state))) + "\n");
  return kDone;
}

int export_all(AccountServices& services) {
  const auto status = export_accounts(services.writer, std::cout);
  return status ? kDone : failed(status.error());
}

int import_all(AccountServices& services, const std::string& name) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  if (name != "-" && !file) return failed({"no_input", Retry::kNever, "the file cannot be read"});
  const auto report = import_accounts(services, name == "-" ? std::cin : file, std::cerr);
  if (!report) return failed(report.error());
  std::printf("added %zu, already there %zu, bad lines %zu\n", report->added, report->known,
              report->bad);
  return report->bad == 0 ? kDone : kFailed;
}

/// Makes the subcommands; each shares the arguments and runs with the services.
class Commands {
 public:
  Commands(CLI::App& parent, WithAccounts with_accounts, int& exit_code)
      : parent_(parent), with_accounts_(std::move(with_accounts)), exit_code_(exit_code) {}

  /// `prepare` checks the arguments before anything is opened.
  CLI::App* add(const char* name, const char* text, std::function<Work()> prepare) {
    auto* command = parent_.add_subcommand(name, text);
    command->callback([with = with_accounts_, prepare = std::move(prepare), &code = exit_code_] {
      const Work work = prepare();
      code = with(work);
    });
    return command;
  }

 private:
  CLI::App& parent_;
  const WithAccounts with_accounts_;
  int& exit_code_;
};

void add_reading(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  auto* listing = commands.add("list", "Lists accounts, the oldest first", [arguments]() -> Work {
    return [arguments](AccountServices& services) { return list(services, *arguments); };
  });
  listing->add_option("--limit", arguments->limit, "At most this many")
      ->check(CLI::Range(std::size_t{1}, limits::kAccountsListedMost));
  listing->add_option("--after", arguments->after, "Only those behind this id");
  listing->add_option("--state", arguments->state, "Only those of this state")
      ->check(CLI::IsMember({"unconfirmed", "confirmed", "disabled"}));
  listing->add_flag("--json", arguments->json, "JSON for programs");

  using Look = int (*)(AccountServices&, const AccountRef&, bool json);
  const auto add = [&](const char* name, const char* text, Look look) {
    auto* command = commands.add(name, text, [arguments, look]() -> Work {
      return [ref = account_argument(arguments->account), arguments,
              look](AccountServices& services) { return look(services, ref, arguments->json); };
    });
    command->add_option("account", arguments->account, "EMAIL or ID")->required();
    command->add_flag("--json", arguments->json, "JSON for programs");
  };
  add("show", "Shows an account and its letters", show);
  add("sessions", "Shows where an account is logged in", sessions);
}

void add_changing(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  auto* creating =
      commands.add("create", "Makes an account and sends its letter", [arguments]() -> Work {
        const auto locale = match_locale(arguments->locale);
        if (!locale) throw CLI::ValidationError("--locale", "is en or ru");
        return [email = email_argument(arguments->email), locale](AccountServices& services) {
          return create(services, email, *locale);
        };
      });
  creating->add_option("email", arguments->email, "EMAIL")->required();
  creating->add_option("--locale", arguments->locale, "The letter's language, en or ru");

  const auto add = [&](const char* name, const char* text, Change operation) {
    commands
        .add(name, text,
             [arguments, operation]() -> Work {
               return [ref = account_argument(arguments->account), operation](
                          AccountServices& services) { return change(services, operation, ref); };
             })
        ->add_option("account", arguments->account, "EMAIL or ID")
        ->required();
  };
  add("disable", "Lets nobody in and ends every token", disable_account);
  add("enable", "Ends what disable began", enable_account);
  add("delete", "Removes an account for good", remove_account);
}

void add_transfer(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  commands
      .add("export", "Writes all accounts, hashes included, to the standard output",
           []() -> Work { return export_all; })
      ->add_option("--format", arguments->format, "jsonl")
      ->check(CLI::IsMember({"jsonl"}));
  commands
      .add("import", "Reads accounts as export writes them; known addresses are left alone",
           [arguments]() -> Work {
             return [arguments](AccountServices& services) {
               return import_all(services, arguments->file);
             };
           })
      ->add_option("file", arguments->file, "FILE, or - for the standard input")
      ->required();
}

}  // namespace

void add_account_commands(CLI::App& app, WithAccounts with_accounts, int& exit_code) {
  auto* accounts = app.add_subcommand("accounts", "Lists, changes and moves accounts");
  accounts->require_subcommand(1);
  const auto arguments = std::make_shared<Arguments>();
  Commands commands(*accounts, std::move(with_accounts), exit_code);
  add_reading(commands, arguments);
  add_changing(commands, arguments);
  add_transfer(commands, arguments);
}

}  // namespace postern::admin

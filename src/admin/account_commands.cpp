#include "admin/account_commands.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <memory>

#include "account/create_account.hpp"
#include "account/disable_account.hpp"
#include "account/mail_row.hpp"
#include "account/read_accounts.hpp"
#include "admin/account_argument.hpp"
#include "admin/account_output.hpp"
#include "admin/account_support.hpp"
#include "admin/account_transfer.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"
#include "text/locale.hpp"

namespace postern {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;

using Work = std::function<int(AccountServices&)>;

EmailAddress email_argument(const std::string& text) {
  const auto email = parse_email(ascii::trim(text));
  if (!email) throw CLI::ValidationError("EMAIL", "is not an email address");
  return *email;
}

/// The arguments of the subcommands.
struct Arguments {
  std::string account;
  std::string email;
  std::string locale = "en";
  std::string after;
  std::string state;
  std::string file;
  std::string format = "jsonl";
  std::string kind;
  std::string client;
  FirebaseParameters firebase = {};
  std::size_t limit = limits::kAccountsListed;
  bool json = false;
  bool yes = false;
};

int list(AccountServices& services, const Arguments& arguments) {
  // One more than is shown tells whether there are more.
  AccountPage page{arguments.after, parse_account_state(arguments.state), arguments.limit + 1};
  auto accounts = list_accounts(services.writer, page);
  if (!accounts) return command_failed(accounts.error());
  std::string next;
  if (accounts->size() > arguments.limit) {
    accounts->pop_back();
    next = accounts->back().id;
  }
  const auto external_ids = external_ids_of(services.writer, *accounts);
  if (!external_ids) return command_failed(external_ids.error());
  if (arguments.json) {
    print_output(accounts_as_json(*accounts, *external_ids, next));
    return kDone;
  }
  print_output(accounts_as_text(*accounts, *external_ids));
  if (!next.empty()) std::fprintf(stderr, "there are more: --after %s\n", next.c_str());
  return kDone;
}

Result<AccountDetails> find_view(AccountServices& services, const AccountArgument& argument) {
  const auto account = find_account(services, argument);
  if (!account) return account.error();
  return show_account(services.writer, *account);
}

int show(AccountServices& services, const AccountArgument& argument, bool json) {
  const auto view = find_view(services, argument);
  if (!view) return command_failed(view.error());
  const TimePoint now = services.clock.now();
  const auto kind =
      view->account.state == AccountState::kUnconfirmed ? MailKind::kConfirm : MailKind::kRecover;
  const AccountMoment moment{now, mail_room_at(services.settings, view->account, kind, now)};
  print_output(json ? account_as_json(*view, moment) : account_as_text(*view, moment));
  return kDone;
}

int sessions(AccountServices& services, const AccountArgument& argument, bool json) {
  const auto view = find_view(services, argument);
  if (!view) return command_failed(view.error());
  print_output(json ? sessions_as_json(*view) : sessions_as_text(*view));
  return kDone;
}

int create(AccountServices& services, const EmailAddress& email, const std::string& locale) {
  std::promise<Status> answer;
  MailRequest request{email, locale, {}, {kAccountsRequestId, {}}};
  create_account(services, std::move(request),
                 [&](Status status) { answer.set_value(std::move(status)); });
  if (const auto status = answer.get_future().get(); !status) return command_failed(status.error());
  const auto view = show_account(services.writer, {AccountRef::By::kEmailKey, email.key});
  if (!view) return command_failed(view.error());
  print_output("created " + view->account.id + ", an email is on its way\n");
  return kDone;
}

using Change = void (*)(AccountServices&, AccountChange, AccountDone);

int change(AccountServices& services, Change operation, const AccountArgument& argument) {
  const auto account = find_account(services, argument);
  if (!account) return command_failed(account.error());
  std::promise<Result<Account>> answer;
  operation(services, {*account, {kAccountsRequestId, {}}},
            [&](Result<Account> result) { answer.set_value(std::move(result)); });
  const auto result = answer.get_future().get();
  if (!result) return command_failed(result.error());
  print_output(result->id + " is " + std::string(to_string(result->state)) + "\n");
  return kDone;
}

int export_all(AccountServices& services) {
  const auto status = export_accounts(services.writer, std::cout);
  return status ? kDone : command_failed(status.error());
}

int import_all(AccountServices& services, const std::string& name,
               const FirebaseParameters& firebase) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  if (name != "-" && !file)
    return command_failed({"no_input", Retry::kNever, "the file cannot be read"});
  const auto report =
      import_accounts(services, {name == "-" ? std::cin : file, std::cerr, firebase});
  if (!report) return command_failed(report.error());
  std::printf("added %zu, already there %zu, bad lines %zu", report->added, report->known,
              report->bad);
  if (report->unusable_hashes > 0) {
    std::printf(", without a password %zu", report->unusable_hashes);
  }
  std::printf("\n");
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

constexpr const char* kAccountText = "Its email address, id or external id";

void add_reading(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  auto* listing = commands.add("list", "List accounts, the oldest first", [arguments]() -> Work {
    return [arguments](AccountServices& services) { return list(services, *arguments); };
  });
  listing->add_option("--limit", arguments->limit, "At most N, 1 to 1000")
      ->option_text("N")
      ->check(CLI::Range(std::size_t{1}, limits::kAccountsListedMost));
  listing->add_option("--after", arguments->after, "Only accounts after this id, for the next page")
      ->option_text("ID");
  listing
      ->add_option("--state", arguments->state, "Only unconfirmed, confirmed or disabled accounts")
      ->option_text("STATE")
      ->check(CLI::IsMember({"unconfirmed", "confirmed", "disabled"}));
  listing->add_flag("--json", arguments->json, "Print JSON for programs");

  using Look = int (*)(AccountServices&, const AccountArgument&, bool json);
  const auto add = [&](const char* name, const char* text, Look look) {
    auto* command = commands.add(name, text, [arguments, look]() -> Work {
      return [arguments, look](AccountServices& services) {
        return look(services, {arguments->account}, arguments->json);
      };
    });
    command->add_option("account", arguments->account, kAccountText)->required()->option_text(" ");
    command->add_flag("--json", arguments->json, "Print JSON for programs");
  };
  add("show", "Show an account, what became of its emails, and its products", show);
  add("sessions", "List the active sessions of an account", sessions);
}

void add_changing(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  auto* creating = commands.add(
      "create", "Create an account and send its confirmation email", [arguments]() -> Work {
        const auto locale = match_locale(arguments->locale);
        if (!locale) throw CLI::ValidationError("--locale", "is en or ru");
        return [email = email_argument(arguments->email), locale](AccountServices& services) {
          return create(services, email, *locale);
        };
      });
  creating->add_option("email", arguments->email, "The email address")
      ->required()
      ->option_text(" ");
  creating->add_option("--locale", arguments->locale, "The language of the email: en or ru")
      ->option_text("LOCALE");

  const auto add = [&](const char* name, const char* text, Change operation) {
    commands
        .add(name, text,
             [arguments, operation]() -> Work {
               return [arguments, operation](AccountServices& services) {
                 return change(services, operation, {arguments->account});
               };
             })
        ->add_option("account", arguments->account, kAccountText)
        ->required()
        ->option_text(" ");
  };
  add("disable", "Refuse every login, end all sessions and make every link invalid",
      disable_account);
  add("enable", "Allow logins again after disable", enable_account);
}

CLI::App* add_account(CLI::App* command, const std::shared_ptr<Arguments>& arguments) {
  command->add_option("account", arguments->account, kAccountText)->required()->option_text(" ");
  return command;
}

void add_support(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  const auto add = [&](const char* name, const char* text, Work work) {
    return add_account(commands.add(name, text, [work] { return work; }), arguments);
  };
  auto* history = add("history", "Show what happened to an account, the newest last",
                      [arguments](AccountServices& services) {
                        return show_history(services, {arguments->account},
                                            {arguments->limit, arguments->json});
                      });
  history->add_option("--limit", arguments->limit, "The newest N, 1 to 1000; 50 by default")
      ->option_text("N")
      ->check(CLI::Range(std::size_t{1}, limits::kAccountsListedMost));
  history->add_flag("--json", arguments->json, "Print JSON for programs");
  history->footer("Examples:\n  postern accounts history anna@example.com --limit 20");

  auto* sending =
      add("send", "Send the email again that fits an account's state",
          [arguments](AccountServices& services) {
            return send_again(services, {arguments->account}, parse_mail_kind(arguments->kind));
          });
  sending
      ->add_option("--kind", arguments->kind,
                   "confirm, of an unconfirmed account, or recover, of a confirmed one")
      ->option_text("KIND")
      ->check(CLI::IsMember({"confirm", "recover"}));
  sending->footer("Examples:\n  postern accounts send anna@example.com --kind recover");

  add("unlock", "Forget the wrong passwords of an account, and so allow logins again",
      [arguments](AccountServices& services) { return unlock(services, {arguments->account}); })
      ->footer("Examples:\n  postern accounts unlock anna@example.com");

  auto* revoking = add("revoke", "Withdraw a consent, and end the client's tokens",
                       [arguments](AccountServices& services) {
                         return revoke_product(services, {arguments->account}, arguments->client);
                       });
  revoking->add_option("client", arguments->client, "The client id, as `show` prints it")
      ->required()
      ->option_text(" ");
  revoking->footer("Examples:\n  postern accounts revoke anna@example.com notes");
}

void add_deleting(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  auto* deleting = add_account(
      commands.add("delete", "Delete an account permanently",
                   [arguments]() -> Work {
                     if (!arguments->yes && isatty(STDIN_FILENO) == 0) {
                       throw CLI::ValidationError(
                           "--yes", "is required, because there is no terminal to confirm at");
                     }
                     const auto confirmation =
                         arguments->yes ? Confirmation::kGiven : Confirmation::kAsk;
                     return [arguments, confirmation](AccountServices& services) {
                       return delete_account_of(services, {arguments->account}, confirmation);
                     };
                   }),
      arguments);
  deleting->add_flag("--yes", arguments->yes, "Do not ask for confirmation");
  deleting->footer("Examples:\n  postern accounts delete anna@example.com --yes");
}

void add_transfer(Commands& commands, const std::shared_ptr<Arguments>& arguments) {
  commands
      .add("export", "Write all accounts, hashes included, to the standard output",
           []() -> Work { return export_all; })
      ->add_option("--format", arguments->format, "jsonl, the only one")
      ->option_text("FORMAT")
      ->check(CLI::IsMember({"jsonl"}));
  auto* importing = commands.add(
      "import",
      "Create accounts from a file of one JSON object a line; known addresses are skipped",
      [arguments]() -> Work {
        return [arguments](AccountServices& services) {
          return import_all(services, arguments->file, arguments->firebase);
        };
      });
  importing->add_option("file", arguments->file, "The file, or - for the standard input")
      ->required()
      ->option_text(" ");
  auto& firebase = arguments->firebase;
  importing
      ->add_option("--firebase-signer-key", firebase.signer_key, "Firebase's base64_signer_key")
      ->option_text("BASE64");
  importing
      ->add_option("--firebase-salt-separator", firebase.salt_separator,
                   "Firebase's base64_salt_separator")
      ->option_text("BASE64");
  importing->add_option("--firebase-rounds", firebase.rounds, "Firebase's rounds")
      ->option_text("N");
  importing->add_option("--firebase-mem-cost", firebase.mem_cost, "Firebase's mem_cost")
      ->option_text("N");
}

}  // namespace

void add_account_commands(CLI::App& app, WithAccounts with_accounts, int& exit_code) {
  auto* accounts = app.add_subcommand("accounts", "List, change, import and export accounts");
  accounts->require_subcommand(1);
  accounts->footer(
      "Examples:\n  postern accounts list --state unconfirmed --limit 20\n"
      "  postern accounts show anna@example.com --json\n"
      "  postern accounts send anna@example.com\n  postern accounts import users.jsonl");
  const auto arguments = std::make_shared<Arguments>();
  Commands commands(*accounts, std::move(with_accounts), exit_code);
  add_reading(commands, arguments);
  add_changing(commands, arguments);
  add_support(commands, arguments);
  add_deleting(commands, arguments);
  add_transfer(commands, arguments);
}

}  // namespace postern

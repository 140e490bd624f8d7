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
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"
#include "text/locale.hpp"

namespace postern {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
/// In the audit trail, where a request's id stands.
constexpr const char* kRequestId = "postern accounts";

using Work = std::function<int(AccountServices&)>;

int failed(const Error& error) {
  std::fprintf(stderr, "postern: %s\n",
               error.cause.empty() ? error.code.c_str() : error.cause.c_str());
  return kFailed;
}

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

EmailAddress email_argument(const std::string& text) {
  const auto email = parse_email(ascii::trim(text));
  if (!email) throw CLI::ValidationError("EMAIL", "is not an email address");
  return *email;
}

/// An address, an id, or else an external id.
struct AccountArgument {
  std::string text;
};

Result<AccountRef> find_account(AccountServices& services, const AccountArgument& argument) {
  const auto text = std::string(ascii::trim(argument.text));
  if (is_id(text)) return AccountRef{AccountRef::By::kId, text};
  // An external id may look like an address; the one that is there is meant.
  const auto external = find_by_external_id(services.writer, argument.text);
  if (!external) return external.error();
  if (*external) return **external;
  const auto email = parse_email(text);
  if (!email) return Error{"not_found", Retry::kNever, "there is no such account"};
  return AccountRef{AccountRef::By::kEmailKey, email->key};
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
  FirebaseParameters firebase = {};
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
  const auto external_ids = external_ids_of(services.writer, *accounts);
  if (!external_ids) return failed(external_ids.error());
  if (arguments.json) {
    print(accounts_as_json(*accounts, *external_ids, next));
    return kDone;
  }
  print(accounts_as_text(*accounts, *external_ids));
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
  if (!view) return failed(view.error());
  print(json ? account_as_json(*view) : account_as_text(*view));
  return kDone;
}

int sessions(AccountServices& services, const AccountArgument& argument, bool json) {
  const auto view = find_view(services, argument);
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
  print("created " + view->account.id + ", an email is on its way\n");
  return kDone;
}

using Change = void (*)(AccountServices&, AccountChange, AccountDone);

int change(AccountServices& services, Change operation, const AccountArgument& argument) {
  const auto account = find_account(services, argument);
  if (!account) return failed(account.error());
  std::promise<Result<Account>> answer;
  operation(services, {*account, {kRequestId, {}}},
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

int import_all(AccountServices& services, const std::string& name,
               const FirebaseParameters& firebase) {
  std::ifstream file;
  if (name != "-") file.open(name, std::ios::binary);
  if (name != "-" && !file) return failed({"no_input", Retry::kNever, "the file cannot be read"});
  const auto report =
      import_accounts(services, {name == "-" ? std::cin : file, std::cerr, firebase});
  if (!report) return failed(report.error());
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
  add("show", "Show an account and what became of its emails", show);
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
  add("delete", "Delete an account permanently", remove_account);
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
      "  postern accounts show anna@example.com --json\n  postern accounts import users.jsonl");
  const auto arguments = std::make_shared<Arguments>();
  Commands commands(*accounts, std::move(with_accounts), exit_code);
  add_reading(commands, arguments);
  add_changing(commands, arguments);
  add_transfer(commands, arguments);
}

}  // namespace postern

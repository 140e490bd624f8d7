#include "admin/mail_commands.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "admin/email_commands.hpp"
#include "admin/queue_commands.hpp"
#include "base/limits.hpp"
#include "text/email.hpp"

namespace postern {
namespace {

constexpr int kFailed = 1;
constexpr const char* kKinds =
    "confirm, recover, already-registered, password-changed, confirm-email,"
    " email-change-requested, email-changed or account-deleted";

/// Of the whole command line: only one of the commands runs.
struct Typed {
  std::function<MailSetup()> load;
  int& exit_code;
  bool json = false;
  std::size_t limit = limits::kDeadLettersShown;
  DeadChoice choice = {};
  SampleOptions sample = {};
  bool html = false;
  bool text = false;
  std::string address = {};

  template <class Command>
  void run(Command command) {
    const Status status = command(load());
    if (status) return;
    std::fprintf(stderr, "postern: %s\n", status.error().cause.c_str());
    exit_code = kFailed;
  }
};
using Shared = std::shared_ptr<Typed>;

std::string refuse_empty(const std::string& text) { return text.empty() ? "an empty text" : ""; }

void add_choice(CLI::App& command, DeadChoice& choice) {
  command.add_option("ID", choice.id, "The dead letter of this mail id")
      ->check(refuse_empty)
      ->option_text(" ");
  command.add_flag("--all", choice.all, "Every dead letter");
  command.add_option("--reason", choice.reason, "Those with TEXT in their reason")
      ->check(refuse_empty)
      ->option_text("TEXT");
}

void require_one(const DeadChoice& choice) {
  const int given =
      (choice.id.empty() ? 0 : 1) + (choice.all ? 1 : 0) + (choice.reason.empty() ? 0 : 1);
  if (given != 1) {
    throw CLI::RequiredError("one of ID, --all and --reason TEXT");
  }
}

void add_queue_commands(CLI::App& mail, const Shared& typed) {
  auto* queue = mail.add_subcommand("queue", "Count the emails that wait, by what they wait for");
  queue->add_flag("--json", typed->json, "Print JSON for programs");
  queue->callback([typed] {
    typed->run([&](const MailSetup& setup) { return show_queue(setup, typed->json); });
  });

  auto* dead = mail.add_subcommand("dead", "List the dead letters, the oldest first");
  dead->add_flag("--json", typed->json, "Print JSON for programs");
  dead->add_option("--limit", typed->limit, "At most N; 100 by default")
      ->option_text("N")
      ->check(CLI::PositiveNumber);
  dead->callback([typed] {
    typed->run([&](const MailSetup& setup) { return show_dead(setup, typed->limit, typed->json); });
  });

  auto* replay = mail.add_subcommand("replay", "Put dead letters back into the queue");
  add_choice(*replay, typed->choice);
  replay->footer(
      "Examples:\n  postern mail replay --all\n  postern mail replay --reason \"550 5.7.1\"");
  replay->callback([typed] {
    require_one(typed->choice);
    typed->run([&](const MailSetup& setup) { return replay_dead(setup, typed->choice); });
  });

  auto* drop = mail.add_subcommand("drop", "Delete dead letters, without asking");
  add_choice(*drop, typed->choice);
  drop->footer("Examples:\n  postern mail drop --reason \"550 5.1.1\"");
  drop->callback([typed] {
    require_one(typed->choice);
    typed->run([&](const MailSetup& setup) { return drop_dead(setup, typed->choice); });
  });
}

void add_email_commands(CLI::App& mail, const Shared& typed) {
  const auto add_locale = [&](CLI::App& command) {
    command.add_option("--locale", typed->sample.locale, "The reader's language: en or ru")
        ->option_text("LOCALE")
        ->check(CLI::IsMember({"en", "ru"}));
  };
  auto* preview = mail.add_subcommand("preview", "Show an email with made-up data");
  preview->add_option("KIND", typed->sample.kind, kKinds)
      ->required()
      ->check(CLI::IsMember(mail_kinds()))
      ->option_text(" ");
  add_locale(*preview);
  auto* html = preview->add_flag("--html", typed->html, "The HTML part only");
  preview->add_flag("--text", typed->text, "The text part only")->excludes(html);
  preview->footer("Examples:\n  postern mail preview recover --locale ru --html > recover.html");
  preview->callback([typed] {
    typed->run([&](const MailSetup& setup) {
      const auto part = typed->html   ? MessagePart::kHtml
                        : typed->text ? MessagePart::kText
                                      : MessagePart::kSubjectAndText;
      return preview_email(setup, typed->sample, part);
    });
  });

  auto* send = mail.add_subcommand("send-test", "Send an email with made-up data over SMTP");
  send->add_option("ADDRESS", typed->address, "The recipient's email address")
      ->required()
      ->option_text(" ")
      ->check([](const std::string& text) {
        return parse_email(text) ? "" : "this is no email address";
      });
  send->add_option("--kind", typed->sample.kind, kKinds)
      ->option_text("KIND")
      ->check(CLI::IsMember(mail_kinds()));
  add_locale(*send);
  send->footer("Examples:\n  postern mail send-test you@example.com");
  send->callback([typed] {
    typed->run([&](const MailSetup& setup) {
      return send_test_email(setup, typed->sample, typed->address);
    });
  });
}

}  // namespace

void add_mail_commands(CLI::App& app, std::function<MailSetup()> load, int& exit_code) {
  const Shared typed(new Typed{.load = std::move(load), .exit_code = exit_code});
  auto* mail = app.add_subcommand(
      "mail", "Manage the mail queue and its dead letters, and try the templates");
  mail->require_subcommand(1);
  add_queue_commands(*mail, typed);
  add_email_commands(*mail, typed);
}

}  // namespace postern

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
    std::fprintf(stderr, "postern: %s\n", status.error().detail.c_str());
    exit_code = kFailed;
  }
};
using Shared = std::shared_ptr<Typed>;

std::string refuse_empty(const std::string& text) { return text.empty() ? "an empty text" : ""; }

void add_choice(CLI::App& command, DeadChoice& choice) {
  auto* which = command.add_option_group("which", "One of these");
  which->add_option("ID", choice.id, "The email of this mail id")->check(refuse_empty);
  which->add_flag("--all", choice.all, "Every dead letter");
  which->add_option("--reason", choice.reason, "Those with this text in their reason")
      ->check(refuse_empty);
  which->require_option(1);
}

void add_queue_commands(CLI::App& mail, const Shared& typed) {
  auto* queue = mail.add_subcommand("queue", "How many emails wait, and for what");
  queue->add_flag("--json", typed->json, "As JSON");
  queue->callback([typed] {
    typed->run([&](const MailSetup& setup) { return show_queue(setup, typed->json); });
  });

  auto* dead = mail.add_subcommand("dead", "The emails that were given up, the oldest first");
  dead->add_flag("--json", typed->json, "As JSON");
  dead->add_option("--limit", typed->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  dead->callback([typed] {
    typed->run([&](const MailSetup& setup) { return show_dead(setup, typed->limit, typed->json); });
  });

  auto* replay = mail.add_subcommand("replay", "Put dead letters back into the queue");
  add_choice(*replay, typed->choice);
  replay->callback([typed] {
    typed->run([&](const MailSetup& setup) { return replay_dead(setup, typed->choice); });
  });

  auto* drop = mail.add_subcommand("drop", "Throw dead letters away");
  add_choice(*drop, typed->choice);
  drop->callback([typed] {
    typed->run([&](const MailSetup& setup) { return drop_dead(setup, typed->choice); });
  });
}

void add_email_commands(CLI::App& mail, const Shared& typed) {
  const auto add_locale = [&](CLI::App& command) {
    command.add_option("--locale", typed->sample.locale, "The reader's language")
        ->capture_default_str()
        ->check(CLI::IsMember({"en", "ru"}));
  };
  auto* preview = mail.add_subcommand("preview", "Show an email with made-up data");
  preview->add_option("KIND", typed->sample.kind, "Which email")
      ->required()
      ->check(CLI::IsMember(mail_kinds()));
  add_locale(*preview);
  auto* html = preview->add_flag("--html", typed->html, "The HTML part alone");
  preview->add_flag("--text", typed->text, "The text part alone")->excludes(html);
  preview->callback([typed] {
    typed->run([&](const MailSetup& setup) {
      const auto part = typed->html   ? MessagePart::kHtml
                        : typed->text ? MessagePart::kText
                                      : MessagePart::kSubjectAndText;
      return preview_email(setup, typed->sample, part);
    });
  });

  auto* send = mail.add_subcommand("send-test", "Send an email with made-up data over SMTP");
  send->add_option("ADDRESS", typed->address, "Where to")
      ->required()
      ->check([](const std::string& text) {
        return parse_email(text) ? "" : "this is no email address";
      });
  send->add_option("--kind", typed->sample.kind, "Which email")
      ->capture_default_str()
      ->check(CLI::IsMember(mail_kinds()));
  add_locale(*send);
  send->callback([typed] {
    typed->run([&](const MailSetup& setup) {
      return send_test_email(setup, typed->sample, typed->address);
    });
  });
}

}  // namespace

void add_mail_commands(CLI::App& app, std::function<MailSetup()> load, int& exit_code) {
  const Shared typed(new Typed{.load = std::move(load), .exit_code = exit_code});
  auto* mail = app.add_subcommand("mail", "The mail queue, dead letters and templates");
  mail->require_subcommand(1);
  add_queue_commands(*mail, typed);
  add_email_commands(*mail, typed);
}

}  // namespace postern

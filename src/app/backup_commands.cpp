// restore FILE:  lock ─► copy FILE beside the database ─► migrate and secure the copy ─► swap
//
// Until the swap the database is untouched, so that every failure leaves it as it was.
#include "app/backup_commands.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/database_use.hpp"
#include "app/wiring.hpp"
#include "store_sql/backup_file.hpp"
#include "store_sql/database_swap.hpp"
#include "store_sql/database_url.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/restored_database.hpp"

namespace postern {
namespace {

struct Options {
  std::string file;
  bool force = false;
  bool in_place = false;
  bool drop_mail = false;
};

template <class T>
T or_fail(Result<T> result) {
  if (!result) throw StartError(result.error().cause);
  return *std::move(result);
}

void or_fail(const Status& status) {
  if (!status) throw StartError(status.error().cause);
}

void back_up(const std::string& database_url, const Options& options);
void restore(const std::string& database_url, const Options& options);
void restore_file(const std::string& path, const std::string& database_url, const Options& options);
void restore_in_place(const std::string& database_url, const Options& options);
void take_alone(const DatabaseUse& use, const DatabaseUrl& url);
RestoreReport secure(const std::string& database_url, const Options& options, TimePoint now);
void print_report(const RestoreReport& report, const Options& options);

}  // namespace

void add_backup_commands(CLI::App& app, std::function<std::string()> database_url) {
  const auto options = std::make_shared<Options>();
  auto* backup = app.add_subcommand("backup", "Copy the SQLite database, beside running servers");
  backup->add_option("FILE", options->file, "The file to write")->required()->option_text(" ");
  backup->add_flag("--force", options->force, "Replace FILE");
  backup->footer("Examples:\n  postern backup /backups/postern-monday.db");
  backup->callback([options, database_url] { back_up(database_url(), *options); });

  auto* restored = app.add_subcommand(
      "restore", "Put a backup in the place of the database, with app and worker stopped");
  auto* file =
      restored->add_option("FILE", options->file, "A file of `postern backup`")->option_text(" ");
  restored
      ->add_flag("--in-place", options->in_place,
                 "Your own tools (pg_restore, a snapshot) have restored the database already: "
                 "end what was issued before")
      ->excludes(file);
  restored->add_flag("--drop-mail", options->drop_mail,
                     "Delete the emails that waited in the backup instead of sending them again");
  restored->footer(
      "Examples:\n  postern restore /backups/postern-monday.db\n  postern restore --in-place");
  restored->callback([options, database_url] {
    if (options->file.empty() && !options->in_place) {
      throw CLI::ValidationError("restore", "needs FILE or --in-place");
    }
    restore(database_url(), *options);
  });
}

namespace {

void back_up(const std::string& database_url, const Options& options) {
  const auto url = or_fail(parse_database_url(database_url));
  if (url.kind == DatabaseUrl::Kind::kPostgres) {
    throw StartError("PostgreSQL has its own tool: pg_dump --format=custom --no-owner --file='" +
                     options.file + "' \"$DATABASE_URL\"");
  }
  const TimePoint now = SystemClock().now();
  const auto report = or_fail(write_backup({url.location, options.file, options.force, now}));
  std::printf(
      "%s: the database of %s, %.1f MB. Accounts: %lld. Emails that wait: %lld.\n"
      "It contains password hashes and email addresses: protect it as you protect the database.\n"
      "It does not contain SECRET_KEY and other settings, nor the emails in RabbitMQ. A restore "
      "works with any SECRET_KEY.\n",
      options.file.c_str(), to_rfc3339(now).c_str(), static_cast<double>(report.bytes) / 1e6,
      static_cast<long long>(report.accounts), static_cast<long long>(report.emails));
}

void restore(const std::string& database_url, const Options& options) {
  const auto url = or_fail(parse_database_url(database_url));
  if (url.kind == DatabaseUrl::Kind::kPostgres) {
    if (options.in_place) return restore_in_place(database_url, options);
    throw StartError(
        "PostgreSQL has its own tool: pg_restore --clean --if-exists --no-owner "
        "--single-transaction --dbname=\"$DATABASE_URL\" '" +
        options.file + "'; after it, run `postern restore --in-place`");
  }
  const DatabaseUse use(database_url);
  take_alone(use, url);
  if (options.in_place) return restore_in_place(database_url, options);
  // The file itself where the path is a link.
  restore_file(std::filesystem::weakly_canonical(url.location).string(), database_url, options);
}

void restore_file(const std::string& path, const std::string& database_url,
                  const Options& options) {
  const TimePoint now = SystemClock().now();
  const std::string copy = path + ".restoring";
  const struct Cleanup {
    const std::string& copy;
    ~Cleanup() { remove_database(copy); }
  } cleanup{copy};
  const TimePoint made_at = or_fail(unpack_backup(options.file, copy));
  const auto report = secure("sqlite:" + copy, options, now);
  auto stamp = to_rfc3339(now);
  std::erase(stamp, ':');
  const std::string former = path + ".before-" + stamp;
  const bool replaced = std::filesystem::exists(path);
  or_fail(swap_database(path, copy, former));

  std::printf("%s is the backup of %s.\n", database_url.c_str(), to_rfc3339(made_at).c_str());
  if (replaced) std::printf("The former database is %s.\n", former.c_str());
  print_report(report, options);
}

void restore_in_place(const std::string& database_url, const Options& options) {
  if (!or_fail(has_schema(database_url))) {
    throw StartError("DATABASE_URL: there is no database of Postern to make safe");
  }
  print_report(secure(database_url, options, SystemClock().now()), options);
}

/// The lock is the servers'; commands that only look in have the file open without it.
void take_alone(const DatabaseUse& use, const DatabaseUrl& url) {
  if (!use.is_lockable()) throw StartError(url.location + ".lock cannot be opened");
  if (!use.alone()) throw StartError("app or worker use the database: stop them first");
  or_fail(close_database(url.location));
}

RestoreReport secure(const std::string& database_url, const Options& options, TimePoint now) {
  for (const auto& name : or_fail(migrate(database_url)).applied) {
    std::printf("applied %s\n", name.c_str());
  }
  return or_fail(secure_restored(database_url, {now, options.drop_mail}));
}

void print_report(const RestoreReport& report, const Options& options) {
  const auto number = [](std::int64_t value) { return std::to_string(value); };
  std::string text = "Accounts: " + number(report.accounts) + ". All sessions (" +
                     number(report.ended_sessions) + ") have ended, all signing keys (" +
                     number(report.revoked_keys) +
                     ") are revoked, and no link that was sent before is valid.\n" +
                     "Emails that waited: " + number(report.emails);
  text += options.drop_mail
              ? ". They were deleted.\n"
              : ". They will be sent, also those that left after the backup, with the same "
                "Message-ID; " +
                    number(report.expired_emails) +
                    " of them are older than 24 hours and become dead letters.\n";
  if (report.events > 0) {
    text += "Events that waited: " + number(report.events) +
            ". They will be published, with the same id.\n";
  }
  text +=
      "Changes after the backup are lost: users who registered since have no account and request "
      "their email again; former passwords are valid again, and so are accounts and clients that "
      "were deleted or disabled. Links of emails that wait in RabbitMQ are invalid.\n";
  std::fputs(text.c_str(), stdout);
}

}  // namespace
}  // namespace postern

// Makes the parts of a process from its configuration.
//
// Thread contract: for the start of a process. What cannot work throws SettingError or StartError
// with one line for the operator.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "account/services.hpp"
#include "admin/mail_setup.hpp"
#include "app/config.hpp"
#include "background/queue_depth.hpp"
#include "crypto/breached_passwords.hpp"
#include "crypto/mail_token.hpp"
#include "mail/mailer.hpp"
#include "mail_capture/captured_mails.hpp"
#include "mail_smtp/relay_pool.hpp"
#include "queue/job_publisher.hpp"
#include "queue/mail_queue.hpp"
#include "queue/outcome_source.hpp"
#include "store/writer.hpp"

namespace postern {

/// Why the start stops, other than by a wrong setting.
class StartError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Opens the database after a look at its schema; `migrate_first` brings it to the newest version.
/// A new SQLite file is made without being asked.
std::unique_ptr<Store> make_store(const Config& config, bool migrate_first);

/// Why there is no database for a command to work on; empty: there is one, or a server that has it.
/// A command creates none: in the wrong folder it would change an empty system beside the real one.
std::string missing_database(const Config& config);

AccountSettings account_settings(const Config& config);

/// Nothing without BREACHED_PASSWORDS_FILE.
std::optional<BreachedPasswords> open_breached_passwords(const Config& config);

MailTokenSigner make_signer(const Config& config);
MailTokenVerifier make_verifier(const Config& config);

Composer make_composer(const Config& config);

/// nullptr without RABBITMQ_URL: the outbox table is the queue.
std::unique_ptr<JobPublisher> make_publisher(const Config& config, Logger& log);

/// The outcomes that workers report; nullptr without RABBITMQ_URL.
std::unique_ptr<OutcomeSource> make_outcome_source(const Config& config, const Clock& clock,
                                                   Logger& log);

/// How the depth of the broker's queues is counted; RABBITMQ_URL is set.
QueueDepth::Count make_queue_count(const Config& config);

/// The relays of the process; nothing without SMTP_HOST.
std::unique_ptr<RelayPool> make_relays(const Config& config, Logger& log);

/// The queue of a worker that has the database: the outbox table without RABBITMQ_URL.
std::unique_ptr<MailQueue> make_queue(const Config& config, Writer& writer, const Clock& clock,
                                      Logger& log);

/// The queue with RABBITMQ_URL.
std::unique_ptr<MailQueue> make_broker_queue(const Config& config, const Clock& clock, Logger& log);

/// What the mail commands work with.
MailSetup make_mail_setup(const Config& config);

/// One mailer per sender of the worker: over `relays`, or into `captured` without any.
std::vector<std::unique_ptr<Mailer>> make_mailers(const Config& config, RelayPool* relays,
                                                  CapturedMails& captured);

}  // namespace postern

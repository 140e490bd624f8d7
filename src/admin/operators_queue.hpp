// The mail queue that is configured, for operators, with the database where there is one.
//
// Thread contract: belongs to one thread; blocks.
// Makes no database and migrates none.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "admin/mail_setup.hpp"
#include "queue/dead_letters.hpp"
#include "store/store.hpp"

namespace postern {

class OperatorsQueue {
 public:
  /// Error when the outbox is the queue and its database cannot be used. Connects to no broker yet.
  static Result<std::unique_ptr<OperatorsQueue>> open(const MailSetup& setup);

  /// "rabbitmq" or "outbox".
  const char* kind() const { return is_broker_ ? "rabbitmq" : "outbox"; }
  DeadLetters& dead_letters() { return *dead_letters_; }

  /// Rows that have not left the outbox; nothing without a database.
  Result<std::optional<std::int64_t>> count_outbox();

  /// Notes the letters as queued, where there is a database; the outbox as a queue has done so
  /// already.
  Status note_queued(std::span<const MailStatus> states);

 private:
  OperatorsQueue() = default;
  Status open_store_when_needed();

  SystemClock clock_;
  bool is_broker_ = false;
  std::string database_url_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<DeadLetters> dead_letters_;
};

}  // namespace postern

#include "admin/operators_queue.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "base/limits.hpp"
#include "queue_outbox/outbox_dead_letters.hpp"
#include "queue_rabbit/rabbit_dead_letters.hpp"
#include "store_sql/migrate.hpp"
#include "store_sql/open_store.hpp"

namespace postern {
namespace {

Result<std::unique_ptr<Store>> open_current_store(const std::string& url) {
  const auto refuse = [](const std::string& why) {
    return Error{store_error::kUnavailable, Retry::kLater, "DATABASE_URL: " + why};
  };
  const auto current = schema_is_current(url);
  if (!current) return refuse(current.error().cause);
  if (!*current) return refuse("the schema is older than this program; run `postern migrate`");
  return open_store(url);
}

Status transact(Store& store, const std::function<Status()>& work) {
  if (auto begun = store.begin(); !begun) return begun;
  if (auto done = work(); !done) {
    store.rollback();
    return done;
  }
  return store.commit();
}

}  // namespace

Result<std::unique_ptr<OperatorsQueue>> OperatorsQueue::open(const MailSetup& setup) {
  std::unique_ptr<OperatorsQueue> queue(new OperatorsQueue);
  if (setup.broker) {
    queue->is_broker_ = true;
    queue->database_url_ = setup.database_url;
    queue->dead_letters_ = std::make_unique<RabbitDeadLetters>(*setup.broker, queue->clock_);
    return queue;
  }
  if (setup.database_url.empty()) {
    return Error{store_error::kUnavailable, Retry::kNever, setup.missing_database};
  }
  auto store = open_current_store(setup.database_url);
  if (!store) return store.error();
  queue->store_ = *std::move(store);
  queue->dead_letters_ = std::make_unique<OutboxDeadLetters>(*queue->store_, queue->clock_);
  return queue;
}

Status OperatorsQueue::open_store_when_needed() {
  if (store_) return {};
  auto store = open_current_store(database_url_);
  if (!store) return store.error();
  store_ = *std::move(store);
  return {};
}

Result<std::optional<std::int64_t>> OperatorsQueue::count_outbox() {
  if (is_broker_ && database_url_.empty()) return std::optional<std::int64_t>();
  if (auto opened = open_store_when_needed(); !opened) return opened.error();
  std::int64_t rows = 0;
  const auto status = transact(*store_, [&]() -> Status {
    const auto counted = store_->count_outbox(std::numeric_limits<std::int64_t>::max());
    if (!counted) return counted.error();
    rows = *counted;
    return {};
  });
  if (!status) return status.error();
  return std::optional(rows);
}

Status OperatorsQueue::note_queued(std::span<const MailStatus> states) {
  if (!is_broker_ || database_url_.empty() || states.empty()) return {};
  if (auto opened = open_store_when_needed(); !opened) return opened;
  while (!states.empty()) {
    const auto batch = states.first(std::min(states.size(), limits::kDeadLetterBatch));
    const auto status = transact(*store_, [&] { return store_->write_mail_states(batch); });
    if (!status) return status;
    states = states.subspan(batch.size());
  }
  return {};
}

}  // namespace postern

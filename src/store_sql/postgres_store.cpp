// PostgresStore: the connection and its transactions.
#include "store_sql/postgres_store.hpp"

#include "store_sql/mail_tables.hpp"
#include "store_sql/postgres_settings.hpp"

namespace postern {

Result<std::unique_ptr<Store>> PostgresStore::open(const std::string& url) {
  std::unique_ptr<PostgresStore> store(new PostgresStore(url));
  if (auto connected = store->connect(); !connected) return connected.error();
  return std::unique_ptr<Store>(std::move(store));
}

Status PostgresStore::connect() {
  connection_.reset();
  auto opened = PostgresConnection::open(url_);
  if (!opened) return opened.error();
  const auto pooled = opened->is_pooled();
  if (!pooled) return pooled.error();
  pooled_ = *pooled;
  if (!pooled_) {
    if (auto set = opened->execute(settings_statement(SettingsScope::kSession)); !set)
      return set.error();
  }
  if (auto started = opened->start_pipeline(); !started) return started;
  if (!pooled_) {
    if (auto prepared = prepare(*opened); !prepared) return prepared;
  }
  connection_.emplace(*std::move(opened));
  broken_ = false;
  return {};
}

Status PostgresStore::prepare(PostgresConnection& connection) {
  for (std::size_t i = 0; i < kPostgresSqlCount; ++i) {
    const auto& statement = statement_of(static_cast<PostgresSql>(i));
    connection.send_prepare(statement.name.c_str(), statement.text.c_str());
  }
  auto prepared = connection.receive();
  return prepared ? Status{} : Status{prepared.error()};
}

void PostgresStore::send_now(PostgresSql which, const PostgresParameters& parameters) {
  const auto& statement = statement_of(which);
  if (pooled_) {
    connection_->send_text(statement.text.c_str(), parameters);
  } else {
    connection_->send(statement.name.c_str(), parameters);
  }
}

void PostgresStore::send(PostgresSql which, const PostgresParameters& parameters,
                         std::optional<std::size_t> rows) {
  if (!parameters.storable()) {
    refused_ = true;
    return;
  }
  if (state_ == State::kBegun) {
    send_now(PostgresSql::kBegin, {});
    begin_results_ = 1;
    if (pooled_) {
      static const std::string settings = settings_statement(SettingsScope::kTransaction);
      connection_->send_text(settings.c_str(), {});
      ++begin_results_;
    }
    state_ = State::kOpen;
  }
  send_now(which, parameters);
  expected_rows_.push_back(rows);
}

Result<std::vector<PostgresResult>> PostgresStore::receive() {
  auto results = connection_->receive();
  if (!results) {
    if (results.error().code == store_error::kUnavailable) broken_ = true;
  } else {
    results->erase(results->begin(), results->begin() + begin_results_);
  }
  begin_results_ = 0;
  expected_rows_.clear();
  if (std::exchange(refused_, false) && results) return text_refused();
  return results;
}

Status PostgresStore::done() {
  const auto expected = std::exchange(expected_rows_, {});
  auto results = receive();
  if (!results) return results.error();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (expected[i] && (*results)[i].affected() != static_cast<std::int64_t>(*expected[i])) {
      return Error{store_error::kConflict, Retry::kLater, "a row was changed or taken meanwhile"};
    }
  }
  return {};
}

Status PostgresStore::begin() {
  rollback();
  if (!connection_ || !connection_->is_open()) {
    if (auto connected = connect(); !connected) return connected;
  }
  state_ = State::kBegun;
  return {};
}

Status PostgresStore::commit() {
  if (std::exchange(state_, State::kIdle) != State::kOpen) return {};
  send_now(PostgresSql::kCommit, {});
  auto results = receive();
  if (results && results->front().tag() == "COMMIT") return {};
  connection_.reset();
  if (!results) return results.error();
  return Error{store_error::kUnavailable, Retry::kLater,
               "postgresql: the transaction had failed before its commit"};
}

void PostgresStore::rollback() {
  if (std::exchange(state_, State::kIdle) == State::kOpen && !broken_) {
    send_now(PostgresSql::kRollback, {});
    if (!receive()) broken_ = true;
  }
  if (broken_) connection_.reset();
}

Status PostgresStore::write(const WriteBatch& batch) {
  send_accounts(batch);
  if (!batch.outbox.empty()) send_outbox(batch.outbox);
  if (!batch.removals.empty()) {
    // Behind the outbox: an account's last email leaves no state.
    const auto ids = PostgresParameters().array(batch.removals, &Account::id);
    send(PostgresSql::kDeleteMailStates, ids);
    send(PostgresSql::kRemoveExternalIds, ids);
  }
  if (!batch.audit.empty()) {
    send(PostgresSql::kInsertAudit, PostgresParameters().table<AuditTable>(batch.audit));
  }
  send_requests(batch);
  send_sessions(batch.sessions);
  return done();
}

}  // namespace postern

#include "store_sql/postgres_store.hpp"

#include "base/limits.hpp"
#include "store_sql/postgres_external_id_statements.hpp"
#include "store_sql/postgres_outbox_statements.hpp"
#include "store_sql/postgres_request_statements.hpp"
#include "store_sql/postgres_retention_statements.hpp"
#include "store_sql/postgres_session_statements.hpp"
#include "store_sql/postgres_settings.hpp"
#include "store_sql/row_codec.hpp"

namespace postern {
namespace {

namespace sql = postgres_sql;

/// The first seven parameters of both account statements.
PostgresParameters credentials_of(const std::vector<Account>& accounts) {
  PostgresParameters parameters;
  parameters.texts(accounts, [](const Account& a) { return std::string_view(a.id); })
      .texts(accounts, [](const Account& a) { return std::string_view(a.email); })
      .texts(accounts, [](const Account& a) { return std::string_view(a.email_key); })
      .texts(accounts, [](const Account& a) { return to_string(a.state); })
      .texts(accounts, [](const Account& a) { return std::string_view(a.password_hash); })
      .bigints(accounts, [](const Account& a) { return a.credential_version; })
      .texts(accounts, [](const Account& a) { return std::string_view(a.locale); });
  return parameters;
}

void add_times(PostgresParameters& parameters, const std::vector<Account>& accounts) {
  parameters.bigints(accounts, [](const Account& a) { return to_unix_ms(a.updated_at); })
      .bigints(accounts, [](const Account& a) { return to_unix_ms(a.mail_windows[0].started_at); })
      .bigints(accounts, [](const Account& a) { return a.mail_windows[0].count; })
      .texts(accounts, [](const Account& a) { return std::string_view(a.display_name); })
      .texts(accounts, [](const Account& a) { return std::string_view(a.pending_email); })
      .bigints(accounts, [](const Account& a) { return to_unix_ms(a.mail_windows[1].started_at); })
      .bigints(accounts, [](const Account& a) { return a.mail_windows[1].count; })
      .bigints(accounts, [](const Account& a) { return to_unix_ms(a.mail_windows[2].started_at); })
      .bigints(accounts, [](const Account& a) { return a.mail_windows[2].count; })
      .bigints(accounts, [](const Account& a) { return to_unix_ms(a.recovery_sent_at); })
      .bigints(accounts, [](const Account& a) { return to_unix_ms(a.already_registered_at); });
}

PostgresParameters outbox_parameters(const std::vector<OutboxRow>& rows) {
  PostgresParameters parameters;
  parameters.texts(rows, [](const OutboxRow& r) { return std::string_view(r.id); })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.kind); })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.body); })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.traceparent); })
      .bigints(rows, [](const OutboxRow& r) { return to_unix_ms(r.created_at); })
      .bigints(rows, [](const OutboxRow& r) { return to_unix_ms(r.available_at); })
      .bigints(rows, [](const OutboxRow& r) { return r.attempts; })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.account_id); })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.event_type); })
      .texts(rows, [](const OutboxRow& r) { return std::string_view(r.event); })
      .bigints(rows, [](const OutboxRow& r) { return to_unix_ms(r.leased_until); })
      .optional_texts(rows, [](const OutboxRow& r) { return std::string_view(r.lease_owner); })
      .bigints(rows, [](const OutboxRow& r) { return static_cast<std::int64_t>(r.priority); });
  return parameters;
}

PostgresParameters queued_parameters(const std::vector<const OutboxRow*>& mails) {
  PostgresParameters parameters;
  parameters.texts(mails, [](const OutboxRow* r) { return std::string_view(r->account_id); })
      .texts(mails, [](const OutboxRow* r) { return std::string_view(r->id); })
      .texts(mails, [](const OutboxRow* r) { return std::string_view(r->kind); })
      .bigints(mails, [](const OutboxRow* r) { return to_unix_ms(r->created_at); });
  return parameters;
}

std::vector<const OutboxRow*> mails_of(const std::vector<OutboxRow>& rows) {
  std::vector<const OutboxRow*> mails;
  for (const auto& row : rows) {
    if (!row.body.empty()) mails.push_back(&row);
  }
  return mails;
}

PostgresParameters audit_parameters(const std::vector<AuditEntry>& entries) {
  PostgresParameters parameters;
  parameters.texts(entries, [](const AuditEntry& e) { return std::string_view(e.id); })
      .bigints(entries, [](const AuditEntry& e) { return to_unix_ms(e.at); })
      .texts(entries, [](const AuditEntry& e) { return std::string_view(e.action); })
      .texts(entries, [](const AuditEntry& e) { return std::string_view(e.outcome); })
      .optional_texts(entries, [](const AuditEntry& e) { return std::string_view(e.account_id); })
      .texts(entries, [](const AuditEntry& e) { return std::string_view(e.request_id); });
  return parameters;
}

PostgresParameters ids(const std::vector<std::string>& list) {
  PostgresParameters parameters;
  parameters.texts(list, [](const std::string& id) { return std::string_view(id); });
  return parameters;
}

std::vector<std::string> clean_reasons(const std::vector<OutboxDeferral>& rows) {
  std::vector<std::string> reasons;
  for (const auto& row : rows) reasons.push_back(clean_reason(row.reason));
  return reasons;
}

std::int64_t unix_ms_now() {
  return to_unix_ms(std::chrono::floor<Duration>(std::chrono::system_clock::now()));
}

}  // namespace

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
  const auto prepare_all = [&](const auto& statements) {
    for (const auto& statement : statements)
      connection.send_prepare(statement.name, statement.text);
  };
  prepare_all(sql::kAccountStatements);
  prepare_all(sql::kOutboxStatements);
  prepare_all(sql::kRetentionStatements);
  prepare_all(sql::kSessions);
  prepare_all(sql::kRequestStatements);
  prepare_all(sql::kExternalIdStatements);
  auto prepared = connection.receive();
  return prepared ? Status{} : Status{prepared.error()};
}

void PostgresStore::send_statement(const sql::Statement& statement,
                                   const PostgresParameters& parameters) {
  if (pooled_) {
    connection_->send_text(statement.text, parameters);
  } else {
    connection_->send(statement.name, parameters);
  }
}

void PostgresStore::send(const sql::Statement& statement, const PostgresParameters& parameters) {
  if (state_ == State::kBegun) {
    send_statement(sql::kBegin, {});
    begin_results_ = 1;
    if (pooled_) {
      static const std::string settings = settings_statement(SettingsScope::kTransaction);
      connection_->send_text(settings.c_str(), {});
      ++begin_results_;
    }
    state_ = State::kOpen;
  }
  send_statement(statement, parameters);
}

Result<std::vector<PostgresResult>> PostgresStore::receive() {
  auto results = connection_->receive();
  if (!results) {
    if (results.error().code == store_error::kUnavailable) broken_ = true;
  } else {
    results->erase(results->begin(), results->begin() + begin_results_);
  }
  begin_results_ = 0;
  return results;
}

Status PostgresStore::begin() {
  rollback();
  if (!connection_ || !connection_->is_alive()) {
    if (auto connected = connect(); !connected) return connected;
  }
  state_ = State::kBegun;
  return {};
}

Status PostgresStore::commit() {
  if (std::exchange(state_, State::kIdle) != State::kOpen) return {};
  send_statement(sql::kCommit, {});
  auto results = receive();
  if (results && results->front().tag() == "COMMIT") return {};
  connection_.reset();
  if (!results) return results.error();
  return Error{store_error::kUnavailable, Retry::kLater,
               "postgresql: the transaction had failed before its commit"};
}

void PostgresStore::rollback() {
  if (std::exchange(state_, State::kIdle) == State::kOpen && !broken_) {
    send_statement(sql::kRollback, {});
    if (!receive()) broken_ = true;
  }
  if (broken_) connection_.reset();
}

Result<std::vector<Account>> PostgresStore::find_accounts(std::span<const AccountRef> refs) {
  if (auto checked = check_text(refs); !checked) return checked.error();
  std::vector<std::string_view> keys;
  std::vector<std::string_view> by_id;
  for (const auto& ref : refs) {
    (ref.by == AccountRef::By::kId ? by_id : keys).push_back(ref.value);
  }
  const auto as_it_is = [](std::string_view text) { return text; };
  send(sql::kFindAccounts, PostgresParameters().texts(keys, as_it_is).texts(by_id, as_it_is));
  return receive_accounts();
}

Result<std::vector<Account>> PostgresStore::list_accounts(const AccountPage& page) {
  if (auto checked = check_text(page); !checked) return checked.error();
  send(sql::kListAccounts, PostgresParameters()
                               .text(page.after)
                               .text(page.state ? to_string(*page.state) : std::string_view())
                               .bigint(static_cast<std::int64_t>(page.limit)));
  return receive_accounts();
}

Result<std::vector<Account>> PostgresStore::receive_accounts() {
  auto results = receive();
  if (!results) return results.error();

  std::vector<Account> accounts;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    auto account = read_account(RowView{found, row});
    if (!account) return account.error();
    accounts.push_back(*std::move(account));
  }
  return accounts;
}

void PostgresStore::send_accounts(const WriteBatch& batch) {
  if (!batch.inserts.empty()) {
    auto parameters = credentials_of(batch.inserts);
    parameters.bigints(batch.inserts, [](const Account& a) { return to_unix_ms(a.created_at); });
    add_times(parameters, batch.inserts);
    send(sql::kInsertAccounts, parameters);
  }
  if (!batch.updates.empty()) {
    auto parameters = credentials_of(batch.updates);
    add_times(parameters, batch.updates);
    parameters.bigints(batch.updates, [](const Account& a) { return a.revision; });
    send(sql::kUpdateAccounts, parameters);
  }
}

Status PostgresStore::write(const WriteBatch& batch) {
  if (auto checked = check_text(batch); !checked) return checked;
  const auto removed = send_removals(batch.removals);
  send_accounts(batch);
  if (!batch.outbox.empty()) {
    send(sql::kInsertOutbox, outbox_parameters(batch.outbox));
    const auto mails = mails_of(batch.outbox);
    if (!mails.empty()) send(sql::kInsertMailStates, queued_parameters(mails));
  }
  if (!batch.removals.empty()) {
    const auto id = [](const Account& a) { return std::string_view(a.id); };
    send(sql::kDeleteMailStates, PostgresParameters().texts(batch.removals, id));
    send(sql::kRemoveExternalIds, PostgresParameters().texts(batch.removals, id));
  }
  if (!batch.audit.empty()) send(sql::kInsertAudit, audit_parameters(batch.audit));
  send_requests(batch);
  send_sessions(batch.sessions);
  auto results = receive();
  if (!results) return results.error();
  if (auto checked = check_sessions(batch, *results); !checked) return checked;

  // The account statements come first; each must have found as many rows as it was given.
  std::size_t at = removed;
  for (const auto* accounts : {&batch.inserts, &batch.updates}) {
    if (accounts->empty()) continue;
    if ((*results)[at++].affected() != static_cast<std::int64_t>(accounts->size())) {
      return Error{store_error::kConflict, Retry::kLater,
                   "an account was changed or an address was taken meanwhile"};
    }
  }
  return {};
}

Result<std::vector<OutboxRow>> PostgresStore::claim_outbox(const OutboxClaim& claim) {
  if (auto checked = check_text(claim); !checked) return checked.error();
  const auto parameters = PostgresParameters()
                              .bigint(to_unix_ms(claim.now))
                              .bigint(to_unix_ms(claim.leased_until))
                              .text(claim.owner)
                              .bigint(static_cast<std::int64_t>(claim.limit))
                              .bigint(claim.counts ? 1 : 0);
  auto by_class = parameters;
  for (const auto priority : claim.order) by_class.bigint(static_cast<std::int64_t>(priority));
  std::vector<OutboxRow> rows;
  for (const auto* statement : {&sql::kClaimOutbox, &sql::kClaimOutboxAhead}) {
    if (!rows.empty()) break;
    send(*statement, statement == &sql::kClaimOutbox ? by_class : parameters);
    auto results = receive();
    if (!results) return results.error();
    const auto& claimed = results->front();
    for (int row = 0; row < claimed.rows(); ++row) {
      const RowView view{claimed, row};
      rows.push_back(read_outbox_row(view));
      rows.back().unknown_outcomes = static_cast<int>(view.integer(12));
    }
  }
  sort_as_claimed(rows);
  return rows;
}

Status PostgresStore::change_outbox(const OutboxChanges& changes) {
  if (auto checked = check_text(changes); !checked) return checked;
  const auto id = [](const OutboxDeferral& r) { return std::string_view(r.id); };
  const auto attempts = [](const OutboxDeferral& r) { return r.attempts; };
  const auto text = [](const std::string& s) { return std::string_view(s); };
  if (!changes.done.empty()) send(sql::kDeleteOutbox, ids(changes.done));
  if (!changes.deferred.empty()) {
    const auto available_at = [](const OutboxDeferral& r) { return to_unix_ms(r.available_at); };
    const auto unknown_outcomes = [](const OutboxDeferral& r) { return r.unknown_outcomes; };
    send(sql::kDeferOutbox, PostgresParameters()
                                .texts(changes.deferred, id)
                                .bigints(changes.deferred, available_at)
                                .bigints(changes.deferred, attempts)
                                .texts(clean_reasons(changes.deferred), text)
                                .bigints(changes.deferred, unknown_outcomes));
  }
  if (!changes.dead.empty()) {
    send(sql::kBuryOutbox, PostgresParameters()
                               .texts(changes.dead, id)
                               .bigint(unix_ms_now())
                               .bigints(changes.dead, attempts)
                               .texts(clean_reasons(changes.dead), text));
  }
  if (!changes.released.empty()) send(sql::kReleaseOutbox, ids(changes.released));
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Status PostgresStore::write_mail_states(std::span<const MailStatus> states) {
  if (auto checked = check_text(states); !checked) return checked;
  if (states.empty()) return {};
  std::vector<std::string> reasons;
  for (const auto& entry : states) reasons.push_back(clean_reason(entry.reply));
  PostgresParameters parameters;
  parameters.texts(states, [](const MailStatus& s) { return std::string_view(s.account_id); })
      .texts(states, [](const MailStatus& s) { return std::string_view(s.mail_id); })
      .texts(states, [](const MailStatus& s) { return to_string(s.outcome); })
      .bigints(states, [](const MailStatus& s) { return to_unix_ms(s.changed_at); })
      .bigints(states, [](const MailStatus& s) { return to_unix_ms(s.next_attempt_at); })
      .texts(reasons, [](const std::string& reason) { return std::string_view(reason); });
  send(sql::kUpdateMailStates, parameters);
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Result<std::vector<MailStatus>> PostgresStore::find_mail_states(const std::string& account_id,
                                                                std::size_t limit) {
  send(sql::kFindMailStates,
       PostgresParameters().text(account_id).bigint(static_cast<std::int64_t>(limit)));
  auto results = receive();
  if (!results) return results.error();
  std::vector<MailStatus> states;
  const auto& found = results->front();
  for (int row = 0; row < found.rows(); ++row) {
    states.push_back(read_mail_status(RowView{found, row}));
  }
  return states;
}

Status PostgresStore::end_leases() {
  send(sql::kEndLeases, PostgresParameters());
  auto results = receive();
  return results ? Status{} : Status{results.error()};
}

Result<std::int64_t> PostgresStore::count_outbox(std::int64_t cap) {
  send(sql::kCountOutbox, PostgresParameters().bigint(cap));
  auto results = receive();
  if (!results) return results.error();
  return results->front().integer(0, 0);
}

}  // namespace postern

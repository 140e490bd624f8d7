// PostgresStore: the outbox, and the states of emails.
#include "store_sql/mail_tables.hpp"
#include "store_sql/outbox_rows.hpp"
#include "store_sql/postgres_store.hpp"

namespace postern {

void PostgresStore::send_outbox(const std::vector<OutboxRow>& rows) {
  send(PostgresSql::kInsertOutbox, PostgresParameters().table<OutboxTable>(rows));
  std::vector<const OutboxRow*> mails;
  for (const auto& row : rows) {
    if (row.has_mail()) mails.push_back(&row);
  }
  if (mails.empty()) return;
  send(PostgresSql::kInsertMailStates, PostgresParameters()
                                           .array(mails, &OutboxRow::account_id)
                                           .array(mails, &OutboxRow::id)
                                           .array(mails, &OutboxRow::kind)
                                           .array(mails, &OutboxRow::created_at));
}

Result<std::vector<OutboxRow>> PostgresStore::claim_outbox(const OutboxClaim& claim) {
  const auto parameters =
      PostgresParameters::of(claim.now, claim.leased_until, claim.owner, claim.limit, claim.counts);
  auto by_class = parameters;
  for (const auto priority : claim.order) by_class.scalar(priority);
  send(PostgresSql::kClaimOutbox, by_class);
  auto rows = receive_rows<ClaimedTable>();
  if (rows && rows->empty()) {
    send(PostgresSql::kClaimOutboxAhead, parameters);
    rows = receive_rows<ClaimedTable>();
  }
  if (rows) as_claimed(*rows, claim);
  return rows;
}

Status PostgresStore::change_outbox(const OutboxChanges& changes) {
  const auto reason = [](const OutboxDeferral& row) { return storable_reason(row.reason); };
  if (!changes.done.empty()) {
    send(PostgresSql::kDeleteOutbox, PostgresParameters().array(changes.done));
  }
  if (!changes.deferred.empty()) {
    send(PostgresSql::kDeferOutbox,
         PostgresParameters()
             .array(changes.deferred, &OutboxDeferral::id)
             .array(changes.deferred, &OutboxDeferral::available_at)
             .array(changes.deferred, &OutboxDeferral::attempts)
             .array(changes.deferred, reason)
             .array(changes.deferred, &OutboxDeferral::unknown_outcomes));
  }
  if (!changes.dead.empty()) {
    send(PostgresSql::kDeadLetterOutbox, PostgresParameters()
                                             .array(changes.dead, &OutboxDeferral::id)
                                             .scalar(time_of_death())
                                             .array(changes.dead, &OutboxDeferral::attempts)
                                             .array(changes.dead, reason));
  }
  if (!changes.released.empty()) {
    send(PostgresSql::kReleaseOutbox, PostgresParameters().array(changes.released));
  }
  return done();
}

Status PostgresStore::end_leases() {
  send(PostgresSql::kEndLeases);
  return done();
}

Result<std::int64_t> PostgresStore::count_outbox(std::int64_t cap) {
  send(PostgresSql::kCountOutbox, PostgresParameters::of(cap));
  auto results = receive();
  if (!results) return results.error();
  return results->front().integer(0, 0);
}

Status PostgresStore::write_mail_states(std::span<const MailStatus> states) {
  if (states.empty()) return {};
  const auto reply = [](const MailStatus& state) { return storable_reason(state.reply); };
  const auto relay = [](const MailStatus& state) { return storable_reason(state.relay); };
  send(PostgresSql::kUpdateMailStates, PostgresParameters()
                                           .array(states, &MailStatus::account_id)
                                           .array(states, &MailStatus::mail_id)
                                           .array(states, &MailStatus::outcome)
                                           .array(states, &MailStatus::changed_at)
                                           .array(states, &MailStatus::next_attempt_at)
                                           .array(states, reply)
                                           .array(states, relay));
  return done();
}

Result<std::vector<MailStatus>> PostgresStore::find_mail_states(const std::string& account_id,
                                                                std::size_t limit) {
  send(PostgresSql::kFindMailStates, PostgresParameters::of(account_id, limit));
  return receive_rows<MailStateTable>();
}

}  // namespace postern

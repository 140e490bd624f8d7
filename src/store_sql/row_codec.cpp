#include "store_sql/row_codec.hpp"

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <tuple>

#include "base/limits.hpp"
#include "text/utf8.hpp"

namespace postern {
namespace {

Error rejected() {
  return Error{store_error::kRejected, Retry::kNever, "text that is not UTF-8 or holds a NUL"};
}

bool is_storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

bool all_storable(std::initializer_list<std::string_view> texts) {
  return std::all_of(texts.begin(), texts.end(), is_storable);
}

bool is_storable(const Account& row) {
  return all_storable({row.id, row.email, row.email_key, row.password_hash, row.locale,
                       row.display_name, row.pending_email});
}

bool is_storable(const OutboxRow& row) {
  return all_storable(
      {row.id, row.kind, row.body, row.traceparent, row.account_id, row.event_type, row.event});
}

bool is_storable(const MailStatus& row) {
  return all_storable({row.account_id, row.mail_id, row.kind});
}

bool is_storable(const AuditEntry& row) {
  return all_storable({row.id, row.action, row.outcome, row.account_id, row.request_id});
}

bool is_storable(const Session& row) {
  return all_storable(
      {row.id, row.account_id, row.methods, row.token_hash, row.user_agent, row.ip});
}

bool is_storable(const MailRequest& request) {
  const auto& [email, locale, return_to, context] = request;
  return all_storable({email.address, email.key, locale, return_to, context.client_network,
                       context.request_id, context.traceparent});
}

bool is_storable(const AcceptedRow& row) {
  return std::ranges::all_of(row.requests,
                             [](const auto* accepted) { return is_storable(accepted->request); });
}

bool is_storable(const RequestPlace& place) { return all_storable({place.row}); }
bool is_storable(const SessionsEnd& end) { return all_storable({end.account_id, end.keep_id}); }
bool is_storable(const AccountRef& ref) { return is_storable(ref.value); }
bool is_storable(const std::string& text) { return is_storable(std::string_view(text)); }
bool is_storable(const OutboxDeferral& deferral) { return is_storable(deferral.id); }
bool is_storable(const ExternalId& id) { return all_storable({id.account_id, id.external_id}); }
bool is_storable(const DeadReplay& row) { return all_storable({row.id, row.body}); }

template <class Rows>
bool rows_storable(const Rows& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return is_storable(row); });
}

Status rejected_unless(bool storable) { return storable ? Status{} : rejected(); }

}  // namespace

void sort_as_claimed(std::vector<OutboxRow>& rows) {
  std::sort(rows.begin(), rows.end(), [](const OutboxRow& a, const OutboxRow& b) {
    return std::tie(a.priority, a.available_at, a.id) < std::tie(b.priority, b.available_at, b.id);
  });
}

Status check_text(const WriteBatch& batch) {
  const auto& sessions = batch.sessions;
  return rejected_unless(rows_storable(batch.inserts) && rows_storable(batch.updates) &&
                         rows_storable(batch.outbox) && rows_storable(batch.audit) &&
                         rows_storable(sessions.ends) && rows_storable(sessions.removals) &&
                         rows_storable(sessions.inserts) && rows_storable(sessions.updates) &&
                         rows_storable(batch.accepted) && rows_storable(batch.resolved));
}

Status check_text(std::span<const AccountRef> refs) { return rejected_unless(rows_storable(refs)); }

Status check_text(const AccountPage& page) { return rejected_unless(is_storable(page.after)); }

Status check_text(const OutboxClaim& claim) { return rejected_unless(is_storable(claim.owner)); }

Status check_text(const OutboxChanges& changes) {
  return rejected_unless(rows_storable(changes.done) && rows_storable(changes.deferred) &&
                         rows_storable(changes.dead) && rows_storable(changes.released));
}

Status check_text(std::span<const MailStatus> states) {
  return rejected_unless(rows_storable(states));
}

Status check_text(std::span<const DeadReplay> rows) { return rejected_unless(rows_storable(rows)); }

Status check_text(std::span<const std::string> ids) { return rejected_unless(rows_storable(ids)); }

Status check_text(std::span<const ExternalId> ids) { return rejected_unless(rows_storable(ids)); }

std::vector<std::int64_t> census_ends(TimePoint now, std::span<const Duration> within) {
  std::vector<std::int64_t> ends{to_unix_ms(now)};
  for (const auto wait : within) ends.push_back(to_unix_ms(now + wait));
  ends.back() = std::numeric_limits<std::int64_t>::max();
  return ends;
}

std::string clean_reason(std::string_view reason) {
  std::string clean(reason.substr(0, limits::kReasonBytes));
  std::replace(clean.begin(), clean.end(), '\0', '?');
  // A cut may have gone through a character: drop what is left of it.
  for (int i = 0; i < 3 && reason.size() > clean.size() && !is_valid_utf8(clean); ++i) {
    clean.pop_back();
  }
  if (is_valid_utf8(clean)) return clean;
  // In some other encoding; its ASCII part is what can be read for certain.
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  return clean;
}

}  // namespace postern

// Which text a database takes: valid UTF-8 without NUL. What a MemoryStore refuses as they do.
//
// Thread contract: pure functions.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "store/store.hpp"
#include "store_sql/account_tables.hpp"
#include "store_sql/columns.hpp"
#include "store_sql/mail_tables.hpp"
#include "text/utf8.hpp"

namespace postern::fakes {

inline bool is_storable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

inline bool are_storable(std::initializer_list<std::string_view> texts) {
  return std::ranges::all_of(texts, is_storable);
}

/// Looks at the text columns of a row, as its table describes them.
class TextColumns : public ColumnWords<TextColumns> {
 public:
  template <class Field>
  void visit(std::string_view, const Field& field, ColumnRole) {
    if constexpr (std::is_convertible_v<const Field&, std::string_view>) {
      storable_ = storable_ && is_storable(std::string_view(field));
    }
  }
  bool storable() const { return storable_; }

 private:
  bool storable_ = true;
};

template <class Table>
bool is_storable_row(const typename Table::Row& row) {
  TextColumns columns;
  Table::describe(columns, row);
  return columns.storable();
}

/// An account has an id and an address.
inline bool is_storable(const Account& account) {
  return !account.id.empty() && !account.email_key.empty() &&
         is_storable_row<AccountTable>(account);
}

inline bool is_storable(const OutboxRow& row) { return is_storable_row<OutboxTable>(row); }

inline bool is_storable(const AuditEntry& entry) { return is_storable_row<AuditTable>(entry); }

inline bool is_storable(const Session& session) { return is_storable_row<SessionTable>(session); }

inline bool is_storable(const AcceptedRow& row) {
  return is_storable(row.id) &&
         std::ranges::all_of(row.requests, [](const AcceptedRequest* accepted) {
           const auto& [email, locale, return_to, context] = accepted->request;
           return are_storable({email.address, email.key, locale, return_to, context.client_network,
                                context.request_id, context.traceparent});
         });
}

inline bool is_storable(const WriteBatch& batch) {
  const auto all = [](const auto& list) {
    return std::ranges::all_of(list, [](const auto& entry) { return fakes::is_storable(entry); });
  };
  return all(batch.inserts) && all(batch.updates) && all(batch.outbox) && all(batch.audit) &&
         all(batch.sessions.inserts) && all(batch.sessions.updates) && all(batch.accepted);
}

/// What a mail server says may be in any encoding: a reason is kept in ASCII then.
inline std::string storable_reason(std::string reason) {
  if (is_storable(std::string_view(reason))) return reason;
  std::ranges::replace_if(
      reason, [](char c) { return c == '\0' || static_cast<unsigned char>(c) > 0x7F; }, '?');
  return reason;
}

}  // namespace postern::fakes

#include "admin/account_output.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string_view>
#include <vector>

#include "account/session_json.hpp"
#include "text/plain_text.hpp"

namespace postern {
namespace {

namespace json = boost::json;

constexpr std::size_t kIdWidth = 38;
constexpr std::size_t kStateWidth = 13;
constexpr std::size_t kTimeWidth = 26;
constexpr std::size_t kLabelWidth = 13;
constexpr std::size_t kScopeWidth = 30;
constexpr std::size_t kActionWidth = 20;
constexpr std::size_t kOutcomeWidth = 26;

std::string padded(std::string_view text, std::size_t width) {
  std::string cell(text);
  cell.append(width > text.size() ? width - text.size() : 1, ' ');
  return cell;
}

json::object to_json(const Account& account, const std::string& external_id) {
  json::object object{{"id", account.id},
                      {"external_id", nullptr},
                      {"email", account.email},
                      {"state", to_string(account.state)},
                      {"locale", account.locale},
                      {"created_at", to_rfc3339(account.created_at)},
                      {"updated_at", to_rfc3339(account.updated_at)}};
  if (!external_id.empty()) object["external_id"] = external_id;
  return object;
}

json::object to_json(const MailStatus& mail) {
  json::object object{{"mail_id", mail.mail_id},
                      {"kind", mail.kind},
                      {"state", to_string(mail.outcome)},
                      {"changed_at", to_rfc3339(mail.changed_at)},
                      {"next_attempt_at", nullptr},
                      {"relay", mail.relay},
                      {"reply", mail.reply}};
  if (mail.next_attempt_at != TimePoint{})
    object["next_attempt_at"] = to_rfc3339(mail.next_attempt_at);
  return object;
}

std::string to_text(const MailStatus& mail) {
  std::string line = "  " + padded(mail.mail_id, kIdWidth) + padded(mail.kind, 20) +
                     padded(to_string(mail.outcome), 10) + to_rfc3339(mail.changed_at);
  if (mail.next_attempt_at != TimePoint{}) line += "  again " + to_rfc3339(mail.next_attempt_at);
  if (!mail.relay.empty()) line += "  " + one_line(mail.relay) + ":";
  if (!mail.reply.empty()) line += "  " + one_line(mail.reply);
  return line + "\n";
}

/// A client that has tokens of a session.
struct Product {
  const Session& session;
  const ClientGrant& grant;
};

std::vector<Product> products_of(const AccountDetails& view, TimePoint now) {
  std::vector<Product> products;
  for (const auto& session : view.sessions) {
    const bool ended =
        session.credential_version != view.account.credential_version || session.expires_at <= now;
    for (const auto& grant : session.grants) {
      if (!ended && !grant.revoked) products.push_back({session, grant});
    }
  }
  return products;
}

json::array products_as_json(const AccountDetails& view, TimePoint now) {
  json::array list;
  for (const auto& [session, grant] : products_of(view, now)) {
    list.push_back({{"client_id", grant.client_id},
                    {"session_id", session.id},
                    {"scope", grant.scope},
                    {"created_at", to_rfc3339(grant.created_at)},
                    {"last_used_at", to_rfc3339(grant.last_used_at)}});
  }
  return list;
}

json::array consents_as_json(const Account& account) {
  json::array list;
  for (const auto& consent : account.consents) {
    list.push_back({{"client_id", consent.client_id},
                    {"scope", consent.scope},
                    {"given_at", to_rfc3339(consent.given_at)}});
  }
  return list;
}

std::string products_as_text(const AccountDetails& view, TimePoint now) {
  std::string text;
  for (const auto& [session, grant] : products_of(view, now)) {
    text += "  " + padded(grant.client_id, kIdWidth) + padded(grant.scope, kScopeWidth) +
            "last used " + to_rfc3339(grant.last_used_at) + "\n";
  }
  if (!text.empty()) text = "products\n" + text;
  if (!view.account.consents.empty()) text += "consents\n";
  for (const auto& consent : view.account.consents) {
    text += "  " + padded(consent.client_id, kIdWidth) + padded(consent.scope, kScopeWidth) +
            "given " + to_rfc3339(consent.given_at) + "\n";
  }
  return text;
}

}  // namespace

std::string accounts_as_text(std::span<const Account> accounts, const ExternalIds& external_ids) {
  if (accounts.empty()) return "no accounts\n";
  std::string text = padded("ID", kIdWidth) + padded("STATE", kStateWidth) +
                     padded("CREATED", kTimeWidth) + "EMAIL\n";
  for (const auto& account : accounts) {
    text += padded(account.id, kIdWidth) + padded(to_string(account.state), kStateWidth) +
            padded(to_rfc3339(account.created_at), kTimeWidth) + account.email;
    const auto external_id = external_ids.find(account.id);
    if (external_id != external_ids.end()) text += "  " + one_line(external_id->second);
    text += "\n";
  }
  return text;
}

std::string accounts_as_json(std::span<const Account> accounts, const ExternalIds& external_ids,
                             const std::string& next) {
  json::array list;
  for (const auto& account : accounts) {
    const auto external_id = external_ids.find(account.id);
    list.push_back(to_json(account, external_id == external_ids.end() ? "" : external_id->second));
  }
  json::object object{{"accounts", std::move(list)}, {"next", nullptr}};
  if (!next.empty()) object["next"] = next;
  return json::serialize(object) + "\n";
}

std::string account_as_text(const AccountDetails& view, const AccountMoment& moment) {
  const auto line = [](std::string_view label, std::string_view value) {
    return padded(label, kLabelWidth) + std::string(value) + "\n";
  };
  std::string text = line("id", view.account.id);
  if (!view.external_id.empty()) text += line("external id", one_line(view.external_id));
  text += line("email", view.account.email) + line("state", to_string(view.account.state)) +
          line("locale", view.account.locale) +
          line("created", to_rfc3339(view.account.created_at)) +
          line("updated", to_rfc3339(view.account.updated_at));
  text += view.mails.empty() ? line("emails", "none") : "emails\n";
  for (const auto& mail : view.mails) text += to_text(mail);
  if (moment.mail_room_at > moment.now) {
    text += line("mail limit",
                 "reached: further emails are held back until " + to_rfc3339(moment.mail_room_at));
  }
  return text + products_as_text(view, moment.now);
}

std::string account_as_json(const AccountDetails& view, const AccountMoment& moment) {
  json::object object = to_json(view.account, view.external_id);
  json::array mails;
  for (const auto& mail : view.mails) mails.push_back(to_json(mail));
  object["emails"] = std::move(mails);
  object["mails_held_until"] = nullptr;
  if (moment.mail_room_at > moment.now) {
    object["mails_held_until"] = to_rfc3339(moment.mail_room_at);
  }
  object["products"] = products_as_json(view, moment.now);
  object["consents"] = consents_as_json(view.account);
  return json::serialize(object) + "\n";
}

std::string history_as_text(std::span<const AuditEntry> entries) {
  if (entries.empty()) return "no entries\n";
  std::string text = padded("AT", kTimeWidth) + padded("ACTION", kActionWidth) +
                     padded("OUTCOME", kOutcomeWidth) + "REQUEST\n";
  for (const auto& entry : entries) {
    text += padded(to_rfc3339(entry.at), kTimeWidth) + padded(entry.action, kActionWidth) +
            padded(entry.outcome, kOutcomeWidth) + one_line(entry.request_id) + "\n";
  }
  return text;
}

std::string history_as_json(const std::string& account_id, std::span<const AuditEntry> entries) {
  json::array list;
  for (const auto& entry : entries) {
    list.push_back({{"id", entry.id},
                    {"at", to_rfc3339(entry.at)},
                    {"action", entry.action},
                    {"outcome", entry.outcome},
                    {"request_id", entry.request_id}});
  }
  return json::serialize(json::object{{"account_id", account_id}, {"entries", std::move(list)}}) +
         "\n";
}

std::string sessions_as_text(const AccountDetails& view) {
  if (view.sessions.empty()) return "no sessions\n";
  std::string text = padded("ID", kIdWidth) + padded("KIND", kStateWidth) +
                     padded("LAST USED", kTimeWidth) + "FROM\n";
  for (const auto& session : view.sessions) {
    text += padded(session.id, kIdWidth) + padded(to_string(session.kind), kStateWidth) +
            padded(to_rfc3339(session.last_used_at), kTimeWidth) + session.ip + "  " +
            one_line(session.user_agent) + "\n";
  }
  return text;
}

std::string sessions_as_json(const AccountDetails& view) {
  json::array sessions;
  for (const auto& session : view.sessions) sessions.push_back(to_json(session));
  const json::object object{{"account_id", view.account.id}, {"sessions", std::move(sessions)}};
  return json::serialize(object) + "\n";
}

}  // namespace postern

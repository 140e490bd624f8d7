#include "queue/dead_letters.hpp"

#include <boost/json/serialize.hpp>

#include "base/limits.hpp"
#include "text/json.hpp"

namespace postern {
namespace {

std::string text_at(const boost::json::object& job, std::string_view key) {
  return std::string(string_at(job, key).value_or(""));
}

}  // namespace

DeadLetter read_dead_letter(std::string_view body) {
  DeadLetter letter;
  const auto job = parse_json_object(body);
  if (!job) return letter;
  letter.id = text_at(*job, "mail_id");
  letter.kind = text_at(*job, "kind");
  letter.account_id = text_at(*job, "account_id");
  letter.email = text_at(*job, "email");
  return letter;
}

Result<std::string> renew_mail_job(std::string_view body, TimePoint now) {
  auto job = parse_json_object(body);
  if (!job) return Error{"bad_job", Retry::kNever, "not a JSON object"};
  (*job)["requested_at"] = to_rfc3339(now);
  (*job)["expires_at"] = to_rfc3339(now + limits::kMailJobLife);
  std::string renewed = boost::json::serialize(*job);
  if (renewed.size() > limits::kJobBytes) return Error{"bad_job", Retry::kNever, "too large"};
  return renewed;
}

MailStatus queued_again(const DeadLetter& letter, TimePoint now) {
  return {letter.account_id, letter.id, letter.kind, std::nullopt, now, {}, {}};
}

}  // namespace postern

// What other programs may put into our queues, from any bytes. The first byte chooses: a mail job,
// a batch of outcomes, or a dead letter. What is accepted is within its limits and safe where it
// goes, and comes out of a second reading as it went in.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/limits.hpp"
#include "property.hpp"
#include "queue/dead_letters.hpp"
#include "queue/event_codec.hpp"
#include "queue/job_codec.hpp"
#include "text/ascii.hpp"
#include "text/email.hpp"
#include "text/json.hpp"
#include "text/utf8.hpp"

namespace {

using namespace postern;

constexpr TimePoint kNow = TimePoint(Duration(1'800'000'000'000));

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

/// Nothing that a mail program makes a link of.
bool is_plain_name(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return ascii::is_alnum(c) || c == ' ' || c == ','; });
}

bool is_one_line(std::string_view text) { return std::ranges::none_of(text, ascii::is_control); }

/// What ends in a header, a link or a token.
void check_fields(const MailJob& job) {
  require(is_id(job.account_id) && is_plain(job.mail_id));
  require(!job.mail_id.empty() && job.mail_id.size() <= limits::kJobIdBytes);
  require(job.credential_version >= 0 && (job.locale == "en" || job.locale == "ru"));
  const auto email = parse_email(job.email);
  require(email && email->address == job.email);
  require(is_plain(job.return_to) && job.return_to.size() <= limits::kUrlBytes);
  require(job.return_to.empty() || job.return_to.starts_with("http"));
  require(is_one_line(job.requested_by) && job.requested_by.size() <= limits::kEmailBytes);
  require(is_plain_name(job.device.name) && job.device.name.size() <= limits::kDeviceNameBytes);
  require(is_plain(job.device.ip) && job.device.ip.size() <= limits::kIpTextBytes);
}

void check_job(std::string_view body) {
  const auto job = decode_mail_job(body);
  if (!job) {
    require(job.error().retry == Retry::kNever);
    return;
  }
  check_fields(*job);
  const std::string written = encode_mail_job(*job);
  const auto again = decode_mail_job(written);
  require(bool(again));
  require(encode_mail_job(*again) == written);
  require(again->requested_at == job->requested_at && again->expires_at == job->expires_at);
  require(again->device.name == job->device.name && again->device.ip == job->device.ip);
  require(again->requested_by == job->requested_by && again->return_to == job->return_to);
}

bool same(const MailStatus& a, const MailStatus& b) {
  return a.account_id == b.account_id && a.mail_id == b.mail_id && a.kind == b.kind &&
         a.outcome == b.outcome && a.changed_at == b.changed_at && a.reply == b.reply &&
         a.next_attempt_at == b.next_attempt_at && a.attempt == b.attempt && a.relay == b.relay;
}

void check_status(const MailStatus& status) {
  require(status.outcome && is_id(status.account_id) && is_plain(status.mail_id + status.kind));
  require(status.reply.size() <= limits::kReasonBytes && is_valid_utf8(status.reply));
  require(status.relay.size() <= limits::kReasonBytes && is_valid_utf8(status.relay));
  require(status.attempt >= 0);
  const auto event = parse_json_object(encode_mail_event(status, "id"));
  require(event && string_at(*event, "type")->starts_with("mail."));
  require(string_at(*event, "reply") == status.reply);
}

void check_outcomes(std::string_view body) {
  std::vector<MailStatus> statuses;
  for (const auto& outcome : decode_outcomes(body)) {
    require(outcome || outcome.error().retry == Retry::kNever);
    if (!outcome) continue;
    check_status(*outcome);
    statuses.push_back(*outcome);
  }
  std::size_t at = 0;
  for (const std::string& batch : encode_outcomes(statuses)) {
    require(batch.size() <= limits::kJobBytes);
    for (const auto& again : decode_outcomes(batch)) {
      require(again && at < statuses.size() && same(*again, statuses[at]));
      ++at;
    }
  }
  require(at == statuses.size());
}

/// A fraction, or an integer beyond 64 bits, may lose its last digits when it is written again. No
/// field of a job is one.
boost::json::value without_fractions(boost::json::value value) {
  if (value.is_double()) value = 0.0;
  if (auto* object = value.if_object()) {
    for (auto& member : *object) member.value() = without_fractions(member.value());
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) element = without_fractions(element);
  }
  return value;
}

void check_dead_letter(std::string_view body) {
  const DeadLetter dead = read_dead_letter(body);
  const auto renewed = renew_mail_job(body, kNow);
  if (!renewed) return;
  require(renewed->size() <= limits::kJobBytes);
  const auto twice = renew_mail_job(*renewed, kNow);
  if (!twice) return;  // a number became longer: too large now
  require(without_fractions(*parse_json_object(*twice)) ==
          without_fractions(*parse_json_object(*renewed)));
  const DeadLetter again = read_dead_letter(*renewed);
  require(again.id == dead.id && again.kind == dead.kind && again.email == dead.email);
  const auto job = decode_mail_job(body);
  if (!job) return;
  const auto fresh = decode_mail_job(*renewed);
  require(fresh && fresh->requested_at == kNow && fresh->expires_at > kNow);
  require(fresh->mail_id == job->mail_id && fresh->account_id == job->account_id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view body = text_of(data + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      check_job(body);
      break;
    case 1:
      check_outcomes(body);
      break;
    default:
      check_dead_letter(body);
  }
  return 0;
}

// The mail job as JSON: the contract between app and worker, version 1.
//
// Thread contract: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/mail_job.hpp"

namespace postern {

std::string encode_mail_job(const MailJob& job);

/// Reads a job from any publisher. Unknown fields are ignored. Error codes, all Retry::kNever:
/// bad_job (not JSON, a field is missing or of the wrong type), unknown_version, unknown_kind.
Result<MailJob> decode_mail_job(std::string_view body);

}  // namespace postern

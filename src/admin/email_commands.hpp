// The emails as readers see them: to look at, and to try the way to a mailbox.
//
// Thread contract: for the main thread; blocks.
// The token of such an email has a key of its own: its link leads to the page for an invalid link.
#pragma once

#include <string>
#include <vector>

#include "admin/mail_setup.hpp"
#include "base/result.hpp"

namespace postern {

/// confirm, recover, …
std::vector<std::string> mail_kinds();

struct SampleOptions {
  /// One of mail_kinds().
  std::string kind = "confirm";
  std::string locale = "en";
};

enum class MessagePart { kSubjectAndText, kText, kHtml };

/// Prints the email.
Status preview_email(const MailSetup& setup, const SampleOptions& options, MessagePart part);

/// Sends it, and prints the mail server's words; an Error with them when it was not taken.
Status send_test_email(const MailSetup& setup, const SampleOptions& options,
                       const std::string& address);

}  // namespace postern

// The letters as readers see them: to look at, and to try the way to a mailbox.
//
// Thread contract: for the main thread; blocks.
// Mints no token: the link of such a letter leads to the page for a dead link.
#pragma once

#include <string>
#include <vector>

#include "admin/mail_setup.hpp"
#include "base/result.hpp"

namespace postern {

/// confirm, recover, …
std::vector<std::string> letter_kinds();

struct SampleOptions {
  /// One of letter_kinds().
  std::string kind = "confirm";
  std::string locale = "en";
};

enum class LetterPart { kSubjectAndText, kText, kHtml };

/// Prints the letter.
Status preview_letter(const MailSetup& setup, const SampleOptions& options, LetterPart part);

/// Sends it, and prints the mail server's words; an Error with them when it was not taken.
Status send_test_letter(const MailSetup& setup, const SampleOptions& options,
                        const std::string& address);

}  // namespace postern

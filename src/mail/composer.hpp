// Turns a mail job and its link into an email, in the reader's language.
//
// Thread contract: immutable after loading; compose() may be called from any thread.
// Templates are Mustache and escape by default in HTML parts; the text part and the subject are
// plain text, and lines that came from outside cannot inject anything into them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "mail/mail.hpp"
#include "model/mail_job.hpp"

namespace postern {

/// The name of the product in pages and emails.
struct Product {
  std::string name = "Postern";
  /// May be empty.
  std::string url;
  /// May be empty.
  std::string support_email;
};

struct MailLink {
  /// Where the button leads.
  std::string url;
  /// How long the link works; zero for an email without a token.
  Duration lifetime{};
  /// Where a new password can be asked for; a template may offer it beside the button.
  std::string recover_url = {};
};

class Composer {
 public:
  /// Built-in templates; a file `<locale>/<kind>.html|.txt|.subject`, or a partial, below
  /// `override_folder` (may be empty) replaces its built-in one; see docs/mail-templates.md. Throws
  /// std::runtime_error with a plain sentence on a template that cannot be read or parsed, is over
  /// limits::kTemplateBytes, uses what does not exist, or makes an email without its link.
  Composer(Product product, const std::string& override_folder);
  ~Composer();

  Mail compose(const MailJob& job, const MailLink& link, TimePoint now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern

// Renders the pages: a template in the layout, in the reader's language.
//
// Thread contract: immutable after construction; render() may be called from any thread.
// Escapes everything that is put in. Knows nothing of requests and accounts.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"
#include "mail/composer.hpp"
#include "web/assets.hpp"
#include "web/page_strings.hpp"
#include "web/page_templates.hpp"

namespace postern {

/// The values that links and hidden fields carry from page to page.
struct PageContext {
  /// Where the links to other languages lead; empty: there are none.
  std::string path;
  std::string locale;
  /// The language was chosen by a link, not by the browser.
  bool locale_chosen = false;
  /// Allowed already; may be empty.
  std::string return_to;
  /// The product that the person comes from, in a flow (web/flow.hpp); else empty.
  std::string client_name = {};
  /// The address that its request suggests.
  std::string login_hint = {};
  /// Where a form of the page may be redirected to besides this server, as in a policy's
  /// form-action; may be empty.
  std::string form_target = {};
  /// The token of an open form: its links to other languages are a form that sends it.
  std::string token;
  /// The action just done, for the page to report: "<prefix>_done_<done>" among its texts.
  std::string done;
};

struct PageKind {
  /// The template, and the prefix of its own texts: title, lead, submit.
  std::string_view name;
  std::string_view prefix;
};

namespace page {
inline constexpr PageKind kHome{"home", "home"};
inline constexpr PageKind kRegister{"mail_form", "register"};
inline constexpr PageKind kRecover{"mail_form", "recover"};
inline constexpr PageKind kInvalidLink{"mail_form", "invalid_link"};
inline constexpr PageKind kSent{"sent", "sent"};
inline constexpr PageKind kSetPassword{"set_password", "set"};
inline constexpr PageKind kPasswordSet{"password_set", "password_set"};
inline constexpr PageKind kLogin{"login", "login"};
inline constexpr PageKind kAccount{"account", "account"};
inline constexpr PageKind kConsent{"consent", "consent"};
inline constexpr PageKind kEndSession{"end_session", "end_session"};
inline constexpr PageKind kLoggedOut{"logged_out", "logged_out"};
inline constexpr PageKind kInvalidFlow{"error", "invalid_flow"};
inline constexpr PageKind kInvalidClient{"error", "invalid_client"};
inline constexpr PageKind kDelete{"delete_account", "delete"};
inline constexpr PageKind kConfirmEmail{"confirm_email", "confirm_email"};
inline constexpr PageKind kEmailConfirmed{"email_confirmed", "email_confirmed"};
inline constexpr PageKind kError{"error", "error"};
inline constexpr PageKind kNotFound{"error", "not_found"};
inline constexpr PageKind kTooMany{"too_many", "too_many"};
inline constexpr PageKind kInvalidEmailLink{"error", "invalid_email_link"};
inline constexpr PageKind kMailbox{"mailbox", "mailbox"};
}  // namespace page

struct PageSettings {
  Product product;
  std::size_t password_min_length = 0;
  /// Emails are captured: pages point to the mailbox.
  bool mailbox = false;
};

class Pages {
 public:
  /// From the built-in templates. Throws std::runtime_error when one is broken.
  explicit Pages(const PageSettings& settings);

  HttpResponse render(int status, const PageKind& kind, const PageContext& page,
                      PageData data) const;

  /// A text that names the product of the page's flow.
  std::string client_text(const PageContext& page, std::string_view key) const;

  const PageStrings& strings() const { return strings_; }
  const Assets& assets() const { return assets_; }

 private:
  PageSettings settings_;
  Assets assets_;
  PageStrings strings_;
  PageTemplates templates_;
};

/// "?locale=ru&return_to=…" or nothing.
std::string link_query(const PageContext& page);

}  // namespace postern

#include "web/mail_form.hpp"

#include "web/responses.hpp"

namespace postern {
namespace {

constexpr std::string_view kRegisterPath = "/register";
constexpr std::string_view kRecoverPath = "/recover-password";
constexpr std::string_view kLoginPath = "/login";

/// The way to the other form, for a person at the wrong one.
PageData other_way(const WebContext& web, std::string_view prefix, std::string_view path,
                   const PageContext& page) {
  const auto& strings = web.pages.strings();
  PageData other;
  other.set("question", strings.get(page.locale, std::string(prefix) + "_question"));
  other.set("answer", strings.get(page.locale, std::string(prefix) + "_answer"));
  other.set("href", std::string(path) + link_query(page));
  return other;
}

}  // namespace

HttpResponse mail_form(const WebContext& web, const PageKind& kind, const PageContext& page,
                       const MailFormState& state) {
  const bool registers = kind.prefix == page::kRegister.prefix;
  PageData data;
  data.set("action", std::string(registers ? kRegisterPath : kRecoverPath));
  const bool recovers = kind.prefix == page::kRecover.prefix;
  data.set("other", other_way(web, kind.prefix, recovers ? kRegisterPath : kLoginPath, page));
  const std::string& shown = state.email.empty() ? page.login_hint : state.email;
  if (!shown.empty()) data.set("email", shown);
  if (state.error) {
    const bool about_email = state.error->code == "invalid_email";
    data.set(about_email ? "email_error" : "alert", error_text(web, page, *state.error));
  }
  auto response = web.pages.render(state.status, kind, page, std::move(data));
  ask_to_retry(response);
  return response;
}

HttpResponse invalid_link_page(const WebContext& web, const PageContext& page) {
  return mail_form(web, page::kInvalidLink, page, {400, {}, nullptr});
}

}  // namespace postern

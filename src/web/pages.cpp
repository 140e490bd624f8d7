#include "web/pages.hpp"

#include "text/form.hpp"
#include "web/embedded_pages.hpp"

namespace postern {
namespace {

// Chrome also holds redirects of a form against form-action, so the product that a flow ends at is
// listed there.
std::string content_security_policy(const PageContext& page) {
  std::string policy =
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
      "form-action 'self'";
  if (!page.form_target.empty()) policy.append(" ").append(page.form_target);
  return policy;
}

/// Stands for the product of a flow in texts.
constexpr std::string_view kClient = "{client}";

std::string query_of(std::string_view locale, std::string_view return_to) {
  std::string query;
  if (!locale.empty()) query.append("?locale=").append(percent_encode(locale));
  if (!return_to.empty()) {
    query.append(query.empty() ? "?" : "&").append("return_to=").append(percent_encode(return_to));
  }
  return query;
}

/// The ways to the same page in the other languages.
void add_languages(PageData& data, const PageStrings& strings, const PageContext& page) {
  if (page.path.empty()) return;
  PageData others(PageData::type::list);
  for (const auto& locale : strings.locales()) {
    if (locale == page.locale) continue;
    PageData other;
    other.set("tag", locale);
    other.set("name", strings.get(locale, "language"));
    other.set("href", page.path + query_of(locale, page.return_to));
    others.push_back(other);
  }
  if (page.token.empty()) {
    data.set("languages", others);
  } else {
    PageData form;
    form.set("action", page.path);
    form.set("tags", others);
    data.set("language_form", form);
  }
}

/// Tag → what stands in its place in every response.
PageTemplates::Values fixed_values(const PageSettings& settings, const Assets& assets) {
  return {{"product", settings.product.name},
          {"css", assets.get("page.css").path},
          {"js", assets.get("page.js").path},
          {"min_length", std::to_string(settings.password_min_length)}};
}

}  // namespace

std::string link_query(const PageContext& page) {
  return query_of(page.locale_chosen ? page.locale : "", page.return_to);
}

Pages::Pages(const PageSettings& settings)
    : settings_(settings),
      assets_(embedded_pages()),
      strings_(embedded_pages(),
               {settings.product.name, std::to_string(settings.password_min_length)}),
      templates_(embedded_pages(), strings_, fixed_values(settings_, assets_)) {}

HttpResponse Pages::render(int status, const PageKind& kind, const PageContext& page,
                           PageData data) const {
  for (const std::string_view part : {"title", "lead", "submit"}) {
    const std::string key = std::string(kind.prefix).append("_").append(part);
    data.set(std::string(part), strings_.get(page.locale, key));
  }
  data.set("lang", page.locale);
  data.set("failed", status >= 400);
  const std::string done = std::string(kind.prefix).append("_done_").append(page.done);
  if (!page.done.empty() && strings_.has(page.locale, done)) {
    data.set("done", strings_.get(page.locale, done));
  }
  data.set("link_query", link_query(page));
  if (!page.return_to.empty()) data.set("return_to", page.return_to);
  if (!page.token.empty()) data.set("token", page.token);
  if (!page.client_name.empty()) {
    data.set("client_name", page.client_name);
    data.set("flow_lead", client_text(page, "flow_lead"));
  }
  if (settings_.mailbox) data.set("mailbox", true);
  if (const auto& support = settings_.product.support_email; !support.empty()) {
    data.set("support_email", support);
  }
  add_languages(data, strings_, page);
  HttpResponse response{status,
                        "text/html; charset=utf-8",
                        templates_.render(page.locale, kind.name, data),
                        {{"Content-Security-Policy", content_security_policy(page)},
                         {"X-Robots-Tag", "noindex"},
                         {"Vary", "Accept, Accept-Language"}}};
  // Under no-referrer browsers post a form with `Origin: null`, and older ones say nothing else of
  // where it comes from.
  if (response.body.find("<form") != std::string::npos) {
    response.headers.emplace_back("Referrer-Policy", "same-origin");
  }
  return response;
}

std::string Pages::client_text(const PageContext& page, std::string_view key) const {
  std::string text = strings_.get(page.locale, key);
  const auto place = text.find(kClient);
  return place == std::string::npos ? text : text.replace(place, kClient.size(), page.client_name);
}

}  // namespace postern

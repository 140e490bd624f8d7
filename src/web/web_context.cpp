#include "web/web_context.hpp"

#include <algorithm>
#include <chrono>

#include "http/client_address.hpp"
#include "mail/link_life.hpp"
#include "text/url.hpp"
#include "web/flow.hpp"
#include "web/negotiation.hpp"
#include "web/responses.hpp"

namespace postern {
namespace {

constexpr std::string_view kWait = "{wait}";
constexpr std::chrono::seconds kLongestWait = std::chrono::hours(7 * 24);

/// How long to wait, in words; a minute and more is rounded up, so that the next attempt is not too
/// early.
std::string wait_text(const WebContext& web, const PageContext& page, const Error& error) {
  Duration wait = std::clamp(error.retry_after, std::chrono::seconds(1), kLongestWait);
  if (wait > std::chrono::minutes(1)) wait = std::chrono::ceil<std::chrono::minutes>(wait);
  std::string text = web.pages.strings().get(page.locale, "error_too_many_attempts");
  const auto place = text.find(kWait);
  return place == std::string::npos
             ? text
             : text.replace(place, kWait.size(), link_life_words(wait, page.locale));
}

}  // namespace

WebContext::WebContext(WebServices web_services)
    : services(std::move(web_services)),
      pages({services.settings.product, services.accounts.settings.password_min_length,
             services.captured != nullptr}),
      sent_key(derive_key(services.settings.secret_key, "sent-notice")),
      flow_key(derive_key(services.settings.secret_key, "flow")) {}

RequestContext context_of(const HttpRequest& request) {
  return {request.request_id, request.traceparent, limit_network(request.client_address)};
}

Result<PageContext> read_page_context(const WebContext& web, const HttpRequest& request,
                                      const Fields& fields) {
  const auto locale = fields.optional("locale");
  if (!locale) return locale.error();
  const auto return_to = fields.optional("return_to");
  if (!return_to) return return_to.error();
  PageContext page;
  page.locale = choose_locale(request, *locale);
  page.locale_chosen = locale->has_value();
  if (const auto done = fields.optional("done"); done && *done) page.done = **done;
  if (*return_to && !(*return_to)->empty()) {
    const bool is_flow = read_flow_link(web, **return_to).has_value();
    if (!is_flow && !is_allowed_return_url(**return_to, web.services.settings.return_urls)) {
      return Error{"invalid_return_to", Retry::kNever, {}};
    }
    page.return_to = **return_to;
    set_flow(web, request, page);
  }
  return page;
}

std::string error_text(const WebContext& web, const PageContext& page, const Error& error) {
  const auto& strings = web.pages.strings();
  if (error.code == "too_many_attempts") return wait_text(web, page, error);
  const std::string own = "error_" + error.code;
  if (strings.has(page.locale, own)) return strings.get(page.locale, own);
  return strings.get(page.locale, status_of(error) >= 500 ? "error_unavailable" : "error_request");
}

HttpResponse error_page(const WebContext& web, const PageContext& page, const Error& error) {
  PageData data;
  data.set("message", error_text(web, page, error));
  const bool missing = error.code == "not_found";
  auto response = web.pages.render(status_of(error), missing ? page::kNotFound : page::kError, page,
                                   std::move(data));
  ask_to_retry(response);
  return response;
}

HttpResponse error_response_for(const WebContext& web, const HttpRequest& request,
                                const Error& error) {
  if (!wants_html(request)) return error_response(error);
  PageContext page;
  page.locale = choose_locale(request, std::nullopt);
  return error_page(web, page, error);
}

HttpResponse refusal_page(const WebContext& web, const HttpRequest& request, std::string_view code,
                          HttpResponse problem) {
  if (!wants_html(request)) return problem;
  auto page = error_response_for(web, request, {std::string(code), Retry::kNever, {}});
  page.status = problem.status;
  for (auto& header : problem.headers) page.headers.push_back(std::move(header));
  return page;
}

}  // namespace postern

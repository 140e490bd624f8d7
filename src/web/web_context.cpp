#include "web/web_context.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "http/client_address.hpp"
#include "http/work_proof.hpp"
#include "mail/link_life.hpp"
#include "text/url.hpp"
#include "web/device_name.hpp"
#include "web/flow.hpp"
#include "web/negotiation.hpp"
#include "web/responses.hpp"

namespace postern {
namespace {

constexpr std::string_view kWait = "{wait}";
constexpr std::chrono::seconds kLongestWait = std::chrono::hours(7 * 24);

/// How long to wait, in words; a minute and more is rounded up, so that the next attempt is not too
/// early.
std::string wait_text(const WebContext& web, const PageContext& page, std::string_view key,
                      std::chrono::seconds retry_after) {
  Duration wait = std::clamp(retry_after, std::chrono::seconds(1), kLongestWait);
  if (wait > std::chrono::minutes(1)) wait = std::chrono::ceil<std::chrono::minutes>(wait);
  std::string text = web.pages.strings().get(page.locale, key);
  const auto place = text.find(kWait);
  return place == std::string::npos
             ? text
             : text.replace(place, kWait.size(), link_life_words(wait, page.locale));
}

std::string_view header_of(const HttpResponse& response, std::string_view wanted) {
  const auto found = std::ranges::find(response.headers, wanted, &HttpHeader::first);
  return found == response.headers.end() ? std::string_view() : std::string_view(found->second);
}

/// The way on: to wait, or a proof of work by the page's script (http/work_proof.hpp).
HttpResponse too_many_page(const WebContext& web, const HttpRequest& request,
                           const HttpResponse& problem) {
  PageContext page;
  page.locale = choose_locale(request, std::nullopt);
  const auto retry_after = header_of(problem, "Retry-After");
  std::int64_t seconds = 1;
  std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  PageData data;
  data.set("message", wait_text(web, page, "too_many_message", std::chrono::seconds(seconds)));
  const auto work = header_of(problem, kWorkHeader);
  if (const auto end = work.find("; bits="); end != std::string_view::npos) {
    PageData task;
    task.set("challenge", std::string(work.substr(0, end)));
    task.set("bits", std::string(work.substr(work.find('=') + 1)));
    data.set("work", task);
  }
  return web.pages.render(problem.status, page::kTooMany, page, std::move(data));
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

RequestContext context_with_device(const HttpRequest& request) {
  RequestContext context = context_of(request);
  context.device = {known_device(request.header("User-Agent")), request.client_address};
  return context;
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
  if (error.code == "too_many_attempts") {
    return wait_text(web, page, "error_too_many_attempts", error.retry_after);
  }
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
  auto page = code == refusal::kTooMany.code
                  ? too_many_page(web, request, problem)
                  : error_response_for(web, request, {std::string(code), Retry::kNever, {}});
  page.status = problem.status;
  for (auto& header : problem.headers) page.headers.push_back(std::move(header));
  return page;
}

}  // namespace postern
